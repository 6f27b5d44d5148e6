package dev.mooring.endtoend;

import dev.mooring.party.Answer;
import dev.mooring.party.Mischief;
import dev.mooring.party.Received;

import java.util.concurrent.CountDownLatch;
import java.util.function.Supplier;

/** Lets the node that sent a request wait in front of a party until the test goes on. */
final class HeldRequest implements Mischief {

    /** How far the request has come when it is held. */
    enum Moment {
        /** It has arrived; nothing was done about it. */
        ARRIVED,
        /** The party has done what it asks for; the answer is not on its way. */
        HANDLED,
        /** The same; but the answer goes out shortly before the kill, which may be too late. */
        ANSWERED
    }

    private final Moment moment;
    private final CountDownLatch stands = new CountDownLatch(1);
    private final CountDownLatch released = new CountDownLatch(1);
    private volatile boolean forgotten;

    HeldRequest(Moment moment) {
        this.moment = moment;
    }

    @Override
    public Answer answer(Received request, Supplier<Answer> honest) {
        return switch (moment) {
            case ARRIVED -> {
                hold();
                yield forgotten
                        ? Answer.empty(500).delivered(new Answer.Delivery.Dropped())
                        : honest.get();
            }
            case HANDLED, ANSWERED -> {
                Answer answer = honest.get();
                hold();
                yield answer;
            }
        };
    }

    boolean stands() {
        return stands.getCount() == 0;
    }

    /** Lets the answer go, if it is one that goes before the kill. */
    void releaseBeforeTheKill() {
        if (moment == Moment.ANSWERED) {
            released.countDown();
        }
    }

    /**
     * Lets the party go on.
     *
     * @param senderDied what was not handled yet never will be
     */
    void releaseAfterTheKill(boolean senderDied) {
        forgotten = senderDied;
        released.countDown();
    }

    private void hold() {
        stands.countDown();
        try {
            released.await();
        } catch (InterruptedException closing) {
            Thread.currentThread().interrupt();
        }
    }
}

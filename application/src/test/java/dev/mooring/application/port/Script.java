package dev.mooring.application.port;

import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;

/**
 * How a scripted party answers one kind of question: as a test said it should answer next, else as
 * it always does. Remembers every question. Thread-safe; answers are made one at a time and outside
 * of any waiting.
 */
public final class Script<Q, A> {
    private static final Duration PATIENCE = Duration.ofMinutes(1);

    private final List<Q> questions = new ArrayList<>();
    private final Deque<Function<Q, A>> next = new ArrayDeque<>();
    private final Deque<Hold> holds = new ArrayDeque<>();
    private Function<Q, A> always;

    Script(Function<Q, A> usual) {
        this.always = usual;
    }

    A answer(Q question) {
        Hold hold;
        synchronized (this) {
            questions.add(question);
            hold = holds.isEmpty() ? Hold.OPEN : holds.remove();
        }
        if (!hold.afterwards()) {
            hold.pass();
        }
        A answer;
        synchronized (this) {
            answer = (next.isEmpty() ? always : next.remove()).apply(question);
        }
        if (hold.afterwards()) {
            hold.pass();
        }
        return answer;
    }

    /** Answers the next question with this; several wait for their turn. */
    public Script<Q, A> next(A answer) {
        return next(question -> answer);
    }

    public synchronized Script<Q, A> next(Function<Q, A> answer) {
        next.add(answer);
        return this;
    }

    /** Answers every question with this from now on. */
    public Script<Q, A> always(A answer) {
        return always(question -> answer);
    }

    public synchronized Script<Q, A> always(Function<Q, A> answer) {
        always = answer;
        return this;
    }

    /**
     * Holds the next question open: it has been asked, and is answered when the test lets it be.
     */
    public Hold holdNext() {
        return hold(false);
    }

    /**
     * Holds the next answer back: the party has done what it was asked for, and whoever asked does
     * not know until the test lets it be.
     */
    public Hold holdNextAnswer() {
        return hold(true);
    }

    private synchronized Hold hold(boolean afterwards) {
        Hold hold = new Hold(afterwards, new CountDownLatch(1), new CountDownLatch(1));
        holds.add(hold);
        return hold;
    }

    /** Every question so far, in order. */
    public synchronized List<Q> questions() {
        return List.copyOf(questions);
    }

    public synchronized int count() {
        return questions.size();
    }

    public synchronized Q last() {
        return questions.getLast();
    }

    /** A question that was asked and waits for its answer, or an answer that is on its way. */
    public record Hold(boolean afterwards, CountDownLatch asked, CountDownLatch released)
            implements AutoCloseable {
        private static final Hold OPEN =
                new Hold(false, new CountDownLatch(0), new CountDownLatch(0));

        /** Waits until the question is asked. */
        public void awaitAsked() {
            await(asked, "Nobody asked");
        }

        /** Lets it be answered. */
        public void release() {
            released.countDown();
        }

        @Override
        public void close() {
            release();
        }

        private void pass() {
            asked.countDown();
            await(released, "Nobody released a question that was held open");
        }

        private static void await(CountDownLatch latch, String complaint) {
            try {
                if (!latch.await(PATIENCE.toSeconds(), TimeUnit.SECONDS)) {
                    throw new AssertionError(complaint);
                }
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new AssertionError(complaint, e);
            }
        }
    }
}

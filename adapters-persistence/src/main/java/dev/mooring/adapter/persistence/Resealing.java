package dev.mooring.adapter.persistence;

import static java.lang.System.Logger.Level.DEBUG;
import static java.lang.System.Logger.Level.ERROR;

import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.LongConsumer;

/**
 * Seals anew, with the current key, what other keys have sealed: in small steps, each a transaction
 * of its own, that any number of processes may take at once and that may end anywhere.
 */
final class Resealing {

    private static final System.Logger LOG = System.getLogger(Resealing.class.getName());
    private static final int ROWS_AT_A_TIME = 100;
    private static final int MOST_PASSES = 5;
    private static final Duration PAUSE = Duration.ofMillis(200);

    private final JdbcUnitOfWork unitOfWork;
    private final SealedValues values;
    private final SecretCipher cipher;

    /**
     * How far it came.
     *
     * @param resealed how many values were sealed anew
     * @param unopened how many values do not open, and stay as they are
     */
    record Step(long resealed, long unopened) {
        Step plus(Step next) {
            return new Step(resealed + next.resealed, unopened + next.unopened);
        }
    }

    /**
     * How it ended.
     *
     * @param left how many values that open are still sealed with another key: somebody was writing
     *     them, or this process does not know yet which key is current
     */
    record Outcome(long resealed, long unopened, long left) {}

    Resealing(JdbcUnitOfWork unitOfWork, SealedValues values, SecretCipher cipher) {
        this.unitOfWork = unitOfWork;
        this.values = values;
        this.cipher = cipher;
    }

    /**
     * Walks over everything until nothing is left to do but what somebody is writing all the time.
     *
     * @param progress is told how many values were sealed anew so far
     */
    Outcome run(LongConsumer progress) {
        AtomicLong resealed = new AtomicLong();
        Step pass = pass(resealed, progress);
        long left = others() - pass.unopened();
        for (int again = 1; again < MOST_PASSES && left > 0 && pause(); again++) {
            pass = pass(resealed, progress);
            left = others() - pass.unopened();
        }
        if (pass.unopened() > 0) {
            LOG.log(
                    ERROR,
                    "{0} stored secrets do not open; `mooring keys rotate --dry-run` says which",
                    pass.unopened());
        }
        return new Outcome(resealed.get(), pass.unopened(), Math.max(0, left));
    }

    private Step pass(AtomicLong resealed, LongConsumer progress) {
        AtomicLong unopened = new AtomicLong();
        values.eachStretch(
                ROWS_AT_A_TIME,
                stretch -> {
                    Step step = unitOfWork.execute(() -> reseal(stretch));
                    unopened.addAndGet(step.unopened());
                    progress.accept(resealed.addAndGet(step.resealed()));
                });
        return new Step(resealed.get(), unopened.get());
    }

    private Step reseal(SealedValues.Stretch stretch) {
        return values.lockOthers(stretch, cipher.currentId()).stream()
                .map(this::reseal)
                .reduce(new Step(0, 0), Step::plus);
    }

    private Step reseal(SealedValues.Sealed value) {
        Optional<String> secret = open(value);
        if (secret.isEmpty()) {
            return new Step(0, 1);
        }
        boolean replaced = values.replace(value, cipher.seal(secret.get(), value.place()));
        return new Step(replaced ? 1 : 0, 0);
    }

    private Optional<String> open(SealedValues.Sealed value) {
        try {
            return Optional.of(cipher.open(value.bytes(), value.place()));
        } catch (IllegalStateException e) {
            LOG.log(DEBUG, "{0}; it stays as it is", e.getMessage());
            return Optional.empty();
        }
    }

    private long others() {
        String current = cipher.currentId();
        return values.count().entrySet().stream()
                .filter(count -> !count.getKey().equals(current))
                .mapToLong(count -> count.getValue())
                .sum();
    }

    private static boolean pause() {
        try {
            Thread.sleep(PAUSE);
            return true;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return false;
        }
    }
}

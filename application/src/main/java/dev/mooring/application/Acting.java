package dev.mooring.application;

import dev.mooring.domain.audit.ActingParty;

import java.util.concurrent.Executor;
import java.util.function.Supplier;

/**
 * Who is acting on this thread. Whoever calls use cases on behalf of somebody says so around the
 * call; the event log asks when it records something, so that no use case can forget it.
 */
public final class Acting {
    private static final ThreadLocal<ActingParty> CURRENT =
            ThreadLocal.withInitial(() -> ActingParty.UNKNOWN);

    private Acting() {}

    /** Who is acting on the calling thread. */
    public static ActingParty current() {
        return CURRENT.get();
    }

    /** Does some work on behalf of a party. One inside another ends with the inner work. */
    public static <T> T as(ActingParty party, Supplier<T> work) {
        ActingParty before = CURRENT.get();
        CURRENT.set(party);
        try {
            return work.get();
        } finally {
            CURRENT.set(before);
        }
    }

    /** The same for work that returns nothing. */
    public static void as(ActingParty party, Runnable work) {
        as(
                party,
                () -> {
                    work.run();
                    return true;
                });
    }

    /** Runs tasks elsewhere, each on behalf of who handed it in. */
    public static Executor inherited(Executor executor) {
        return task -> {
            ActingParty party = current();
            executor.execute(() -> as(party, task));
        };
    }
}

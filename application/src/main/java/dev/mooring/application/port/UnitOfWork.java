package dev.mooring.application.port;

import java.util.function.Supplier;

/**
 * Makes several store calls one: all of them happen or none.
 *
 * <p>The calls of the work are made on the calling thread. A unit inside a unit joins it. When the
 * work throws, nothing of it stays and the exception reaches the caller as it was thrown. Work may
 * be run again from its start when the store asks for that (a deadlock), so it touches nothing but
 * stores; in particular no upstream is ever called inside a unit.
 *
 * <p>Locks are taken in one order: client, attempt, grant, registration, everything else.
 */
public interface UnitOfWork {
    /**
     * Runs the work and returns what it returns.
     *
     * @throws StoreUnavailableException when the store cannot be reached
     */
    <T> T execute(Supplier<T> work);

    /** Runs work that returns nothing. */
    default void run(Runnable work) {
        execute(() -> {
            work.run();
            return true;
        });
    }
}

package dev.mooring.application.port;

import java.util.function.Supplier;

/** Runs work so that all of its stores' changes take effect together, or none does. */
public interface Transactions {

    /**
     * Runs the work on the calling thread. Work that is already inside a transaction joins it.
     *
     * @return what the work returned, once its changes are durable
     */
    <T> T inTransaction(Supplier<T> work);
}

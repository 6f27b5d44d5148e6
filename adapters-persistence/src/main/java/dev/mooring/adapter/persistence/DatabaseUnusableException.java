package dev.mooring.adapter.persistence;

/** Mooring cannot start on this database; the message tells the operator why. */
public sealed class DatabaseUnusableException extends RuntimeException
        permits DatabaseOfAnotherVersionException {

    DatabaseUnusableException(String message) {
        super(message);
    }

    DatabaseUnusableException(String message, Throwable cause) {
        super(message, cause);
    }
}

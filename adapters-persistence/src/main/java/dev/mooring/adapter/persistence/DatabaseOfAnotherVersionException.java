package dev.mooring.adapter.persistence;

/** The tables are not those of this version, and whoever asked must not change them. */
public final class DatabaseOfAnotherVersionException extends DatabaseUnusableException {

    DatabaseOfAnotherVersionException(String message) {
        super(message);
    }
}

package dev.mooring.adapter.persistence;

/** What an encryption key is to the database. */
public enum KeyStanding {
    /** Handed out to the nodes; seals nothing yet. */
    ANNOUNCED,
    /** Seals. */
    CURRENT,
    /** Opens what it has sealed. */
    FORMER,
    /** Nothing is sealed with it, and nothing will be again. */
    RETIRED
}

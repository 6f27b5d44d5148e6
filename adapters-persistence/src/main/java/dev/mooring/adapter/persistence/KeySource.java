package dev.mooring.adapter.persistence;

/**
 * Where a node gets its encryption keys from. It is asked at the start, and again when a secret or
 * the database names a key that the node has not got.
 */
public sealed interface KeySource permits KeyFile, KeyText, KeyCommand {

    /** What to call it in messages: the setting that names it, and no secret. */
    String name();

    /**
     * Reads all keys. May block for some seconds.
     *
     * @throws DatabaseUnusableException if they cannot be had; the message names the source and
     *     quotes nothing of what it gave
     */
    EncryptionKeys read();
}

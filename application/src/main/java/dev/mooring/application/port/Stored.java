package dev.mooring.application.port;

/**
 * A value as it was read, with the revision it had. Optimistic locking stays out of the domain.
 *
 * @param revision grows with every change; the {@code ETag} of the HTTP contract
 */
public record Stored<T>(T value, long revision) {}

package dev.mooring.application;

import dev.mooring.application.port.ApiKeyStore;
import dev.mooring.domain.access.ApiKeyId;

import java.time.Instant;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Writes down when API keys were used last. A use is noted in memory, which costs the request
 * nothing, and written later, by whoever calls {@link #handle()} now and then; a process that dies
 * loses the uses since. There are never more notes than keys. Safe for use by many threads.
 */
public final class RecordKeyUse {
    private final ApiKeyStore keys;
    private final Map<ApiKeyId, Instant> noted = new ConcurrentHashMap<>();

    RecordKeyUse(ApiKeyStore keys) {
        this.keys = keys;
    }

    void used(ApiKeyId key, Instant now) {
        noted.put(key, now);
    }

    /** Writes what was noted; what a store that is away did not take is kept for the next time. */
    public void handle() {
        noted.forEach((key, at) -> {
            keys.recordUse(key, at);
            noted.remove(key, at);
        });
    }
}

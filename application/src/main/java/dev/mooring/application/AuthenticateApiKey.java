package dev.mooring.application;

import dev.mooring.application.port.ApiKeyStore;
import dev.mooring.domain.access.ApiKey;
import dev.mooring.domain.access.ApiKeySecret;
import dev.mooring.domain.access.Caller;

import java.time.Instant;
import java.time.InstantSource;
import java.util.Optional;

/** Finds out who presents an API key. */
public final class AuthenticateApiKey {
    private final ApiKeyStore keys;
    private final RecordKeyUse recordKeyUse;
    private final InstantSource clock;

    AuthenticateApiKey(ApiKeyStore keys, RecordKeyUse recordKeyUse, InstantSource clock) {
        this.keys = keys;
        this.recordKeyUse = recordKeyUse;
        this.clock = clock;
    }

    /** Whom a key is from. */
    public sealed interface Outcome {
        record Known(Caller holder) implements Outcome {}

        /** The holder may be told: they have the key. */
        record Expired() implements Outcome {}

        record Unknown() implements Outcome {}
    }

    public Outcome handle(ApiKeySecret presented) {
        Optional<ApiKey> key = keys.find(presented.digest());
        if (key.isEmpty()) {
            return new Outcome.Unknown();
        }
        Instant now = clock.instant();
        if (key.get().isExpired(now)) {
            return new Outcome.Expired();
        }
        recordKeyUse.used(key.get().id(), now);
        return new Outcome.Known(Caller.holding(key.get()));
    }
}

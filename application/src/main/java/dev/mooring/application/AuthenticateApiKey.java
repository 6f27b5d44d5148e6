package dev.mooring.application;

import dev.mooring.application.port.ApiKeyStore;
import dev.mooring.domain.access.ApiKey;
import dev.mooring.domain.access.ApiKeySecret;
import dev.mooring.domain.access.Caller;

import java.time.InstantSource;
import java.util.Optional;

/** Finds out who presents an API key. */
public final class AuthenticateApiKey {
    private final ApiKeyStore keys;
    private final InstantSource clock;

    public AuthenticateApiKey(ApiKeyStore keys, InstantSource clock) {
        this.keys = keys;
        this.clock = clock;
    }

    /** The holder of the key; empty when it is unknown or expired. */
    public Optional<Caller> handle(ApiKeySecret presented) {
        return valid(presented)
                .map(key -> new Caller(key.name(), Caller.Voucher.API_KEY, key.role()));
    }

    /** The holder of the key, if it also has this name (HTTP Basic). */
    public Optional<Caller> handle(String name, ApiKeySecret presented) {
        return handle(presented).filter(caller -> caller.name().equals(name));
    }

    private Optional<ApiKey> valid(ApiKeySecret presented) {
        return keys.find(presented.digest()).filter(key -> !key.isExpired(clock.instant()));
    }
}

package dev.mooring.adapter.rest.security;

import dev.mooring.domain.access.ApiKeySecret;
import dev.mooring.domain.access.Caller;

import java.util.Optional;

/** Finds the holder of an API key. */
@FunctionalInterface
public interface ApiKeys {
    /** The caller behind a key that is known and has not expired. */
    Optional<Caller> holder(ApiKeySecret presented);
}

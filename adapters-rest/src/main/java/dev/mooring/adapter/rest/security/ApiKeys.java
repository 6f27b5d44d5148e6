package dev.mooring.adapter.rest.security;

import dev.mooring.application.AuthenticateApiKey;
import dev.mooring.domain.access.ApiKeySecret;

/** Finds the holder of an API key. */
@FunctionalInterface
public interface ApiKeys {
    AuthenticateApiKey.Outcome holder(ApiKeySecret presented);
}

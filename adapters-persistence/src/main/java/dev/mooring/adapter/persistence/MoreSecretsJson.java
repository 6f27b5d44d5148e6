package dev.mooring.adapter.persistence;

import static dev.mooring.adapter.persistence.JsonText.put;

import com.fasterxml.jackson.databind.node.ObjectNode;

import dev.mooring.domain.Secret;
import dev.mooring.domain.client.GrantFlow;
import dev.mooring.domain.client.GrantFlow.AssertionSource;
import dev.mooring.domain.client.OAuthSettings;

import java.util.Optional;

/**
 * The secrets of {@link OAuthSettings} besides the client secret: one JSON object, to be sealed.
 * {@link OAuthSettingsJson} reads it.
 */
record MoreSecretsJson(String value) implements Secret {

    /** Nothing is kept where there are no such secrets. */
    static Optional<MoreSecretsJson> of(OAuthSettings settings) {
        ObjectNode json = JsonText.object();
        put(json, "private_key_pem", settings.signingKey().map(Secret::value));
        switch (settings.flow()) {
            case GrantFlow.AuthorizationCode code -> {}
            case GrantFlow.ClientCredentials credentials -> {}
            case GrantFlow.WorkloadIdentity workload -> {
                if (workload.source() instanceof AssertionSource.Entered entered) {
                    json.put("assertion", entered.assertion().value());
                }
            }
            case GrantFlow.EnterpriseManaged managed -> {
                json.put("subject_token", managed.provider().subjectToken().value());
                put(
                        json,
                        "identity_provider_secret",
                        managed.provider().clientSecret().map(Secret::value));
            }
        }
        return json.isEmpty()
                ? Optional.empty()
                : Optional.of(new MoreSecretsJson(JsonText.write(json)));
    }

    @Override
    public String toString() {
        return REDACTED;
    }
}

package dev.mooring.domain.client;

import dev.mooring.domain.client.GrantFlow.AssertionSource;
import dev.mooring.domain.client.GrantFlow.EnterpriseManaged;
import dev.mooring.domain.client.GrantFlow.WorkloadIdentity;
import dev.mooring.domain.oauth.Assertion;
import dev.mooring.domain.oauth.SigningKey;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;

/** Which fields of the HTTP contract differ between two settings. Their values are not told. */
final class ChangedFields<T> {
    private final T before;
    private final T after;
    private final String prefix;
    private final List<String> names;

    private ChangedFields(T before, T after, String prefix, List<String> names) {
        this.before = before;
        this.after = after;
        this.prefix = prefix;
        this.names = names;
    }

    static List<String> between(ClientSettings before, ClientSettings after) {
        List<String> names = new ArrayList<>();
        new ChangedFields<>(before, after, "", names)
                .field("name", ClientSettings::name)
                .field("endpoint_slug", ClientSettings::slug)
                .field("connection_string", settings -> settings.connection().server())
                .field("connection_type", settings -> settings.connection().transport())
                .field("protocol_version", settings -> settings.connection().protocolVersion())
                .field("tls_config", settings -> settings.connection().trustedCa())
                .field("headers", settings -> settings.connection().headers())
                .field("auth_type", settings -> settings.auth().kind().word())
                .field("tools_to_execute", ClientSettings::tools)
                .field("tool_execution_timeout", ClientSettings::toolExecutionTimeout)
                .field("tool_sync_interval", ClientSettings::toolSyncInterval)
                .field("is_ping_available", ClientSettings::pingAvailable);
        Optional<OAuthSettings> was = before.oauth().map(ClientAuth.OAuth::settings);
        Optional<OAuthSettings> is = after.oauth().map(ClientAuth.OAuth::settings);
        if (was.isPresent() && is.isPresent()) {
            new ChangedFields<>(was.get(), is.get(), "oauth_config.", names)
                    .field("issuer", OAuthSettings::issuer)
                    .field("client_id", OAuthSettings::clientId)
                    .field("client_secret", OAuthSettings::clientSecret)
                    .field("authorize_url", OAuthSettings::authorizeUrl)
                    .field("token_url", OAuthSettings::tokenUrl)
                    .field("registration_url", OAuthSettings::registrationUrl)
                    .field("revocation_url", OAuthSettings::revocationUrl)
                    .field("scopes", OAuthSettings::scopes)
                    .field("resource", OAuthSettings::resource)
                    .field("token_endpoint_auth_method", OAuthSettings::tokenEndpointAuthMethod)
                    .field("authorize_params", OAuthSettings::authorizeParams)
                    .field("dpop_bound_access_tokens", OAuthSettings::dpop)
                    .field("exceptions", OAuthSettings::exceptions)
                    .field("private_key_pem", each -> each.signingKey().map(SigningKey::value))
                    .field(
                            "signing_algorithm",
                            each -> each.signingKey().flatMap(SigningKey::chosen))
                    .field("private_key_id", each -> each.signingKey().flatMap(SigningKey::keyId))
                    .field("grant_type", each -> each.flow().grantType())
                    .field("assertion", each -> assertion(each.flow()))
                    .field("assertion_file", each -> assertionFile(each.flow()));
            new ChangedFields<>(
                            provider(was.get().flow()),
                            provider(is.get().flow()),
                            "oauth_config.identity_provider.",
                            names)
                    .field("issuer", each -> each.map(IdentityProvider::issuer))
                    .field("token_url", each -> each.flatMap(IdentityProvider::tokenUrl))
                    .field("client_id", each -> each.map(IdentityProvider::clientId))
                    .field("client_secret", each -> each.flatMap(IdentityProvider::clientSecret))
                    .field(
                            "token_endpoint_auth_method",
                            each -> each.flatMap(IdentityProvider::method))
                    .field("subject_token", each -> each.map(IdentityProvider::subjectToken))
                    .field(
                            "subject_token_type",
                            each -> each.map(IdentityProvider::subjectTokenType));
        }
        return names;
    }

    private static Optional<Assertion> assertion(GrantFlow flow) {
        return flow instanceof WorkloadIdentity(AssertionSource.Entered(Assertion entered))
                ? Optional.of(entered)
                : Optional.empty();
    }

    private static Optional<AssertionFile> assertionFile(GrantFlow flow) {
        return flow instanceof WorkloadIdentity(AssertionSource.InFile(AssertionFile file))
                ? Optional.of(file)
                : Optional.empty();
    }

    private static Optional<IdentityProvider> provider(GrantFlow flow) {
        return flow instanceof EnterpriseManaged(IdentityProvider provider)
                ? Optional.of(provider)
                : Optional.empty();
    }

    private ChangedFields<T> field(String name, Function<T, Object> value) {
        if (!value.apply(before).equals(value.apply(after))) {
            names.add(prefix + name);
        }
        return this;
    }
}

package dev.mooring.adapter.persistence;

import static dev.mooring.adapter.persistence.JsonText.optionalText;
import static dev.mooring.adapter.persistence.JsonText.put;

import static java.util.stream.Collectors.joining;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;

import dev.mooring.domain.client.AssertionFile;
import dev.mooring.domain.client.GrantFlow;
import dev.mooring.domain.client.GrantFlow.AssertionSource;
import dev.mooring.domain.client.IdentityProvider;
import dev.mooring.domain.client.OAuthSettings;
import dev.mooring.domain.oauth.AcceptedQuirks;
import dev.mooring.domain.oauth.Assertion;
import dev.mooring.domain.oauth.ClientIdentifier;
import dev.mooring.domain.oauth.ClientSecret;
import dev.mooring.domain.oauth.DpopPolicy;
import dev.mooring.domain.oauth.Issuer;
import dev.mooring.domain.oauth.ResourceIdentifier;
import dev.mooring.domain.oauth.Scopes;
import dev.mooring.domain.oauth.SigningAlgorithm;
import dev.mooring.domain.oauth.SigningKey;
import dev.mooring.domain.oauth.SubjectToken;
import dev.mooring.domain.oauth.TokenEndpointAuthMethod;

import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * How {@link OAuthSettings} are kept: one JSON object, without any secret. It says of its writer
 * which members, and which methods, that one knows; the database keeps the others when the settings
 * are replaced, because a newer version wrote them.
 */
record OAuthSettingsJson(String json) {

    private static final String MEMBERS =
            "issuer client_id authorize_url token_url registration_url revocation_url scopes"
                    + " resource token_endpoint_auth_method dpop_bound_access_tokens exceptions"
                    + " authorize_params signing_algorithm private_key_id grant_type assertion_file"
                    + " identity_provider";

    private static final String METHODS =
            Arrays.stream(TokenEndpointAuthMethod.values())
                    .map(TokenEndpointAuthMethod::word)
                    .collect(joining(" "));

    static OAuthSettingsJson of(OAuthSettings settings) {
        ObjectNode json = JsonText.object();
        put(json, "issuer", settings.issuer().map(Issuer::value));
        put(json, "client_id", settings.clientId().map(ClientIdentifier::value));
        put(json, "authorize_url", settings.authorizeUrl());
        put(json, "token_url", settings.tokenUrl());
        put(json, "registration_url", settings.registrationUrl());
        put(json, "revocation_url", settings.revocationUrl());
        put(json, "scopes", settings.scopes().parameter());
        put(json, "resource", settings.resource().map(ResourceIdentifier::value));
        put(
                json,
                "token_endpoint_auth_method",
                settings.tokenEndpointAuthMethod().map(TokenEndpointAuthMethod::word));
        settings.dpop().bound().ifPresent(bound -> json.put("dpop_bound_access_tokens", bound));
        put(
                json,
                "exceptions",
                Optional.of(String.join(" ", settings.exceptions().words()))
                        .filter(words -> !words.isEmpty()));
        ObjectNode parameters = json.putObject("authorize_params");
        settings.authorizeParams().forEach(parameters::put);
        put(
                json,
                "signing_algorithm",
                settings.signingKey().flatMap(SigningKey::chosen).map(SigningAlgorithm::word));
        put(json, "private_key_id", settings.signingKey().flatMap(SigningKey::keyId));
        json.put("grant_type", settings.flow().grantType());
        switch (settings.flow()) {
            case GrantFlow.AuthorizationCode code -> {}
            case GrantFlow.ClientCredentials credentials -> {}
            case GrantFlow.WorkloadIdentity workload -> {
                if (workload.source() instanceof AssertionSource.InFile inFile) {
                    json.put("assertion_file", inFile.file().name());
                }
            }
            case GrantFlow.EnterpriseManaged managed ->
                    json.set("identity_provider", of(managed.provider()));
        }
        json.putObject("writer").put("members", MEMBERS).put("methods", METHODS);
        return new OAuthSettingsJson(JsonText.write(json));
    }

    private static ObjectNode of(IdentityProvider provider) {
        ObjectNode json = JsonText.object();
        json.put("issuer", provider.issuer().value());
        put(json, "token_url", provider.tokenUrl());
        json.put("client_id", provider.clientId().value());
        put(
                json,
                "token_endpoint_auth_method",
                provider.method().map(TokenEndpointAuthMethod::word));
        json.put("subject_token_type", provider.subjectTokenType());
        return json;
    }

    /** The settings, with the secrets that are kept apart. */
    OAuthSettings toSettings(Optional<ClientSecret> secret, Optional<MoreSecretsJson> more) {
        JsonNode root = JsonText.read(json);
        JsonNode secrets =
                more.map(kept -> JsonText.read(kept.value())).orElseGet(JsonText::object);
        Map<String, String> parameters = new LinkedHashMap<>();
        root.path("authorize_params")
                .properties()
                .forEach(entry -> parameters.put(entry.getKey(), entry.getValue().textValue()));
        return new OAuthSettings(
                optionalText(root, "issuer").map(Issuer::new),
                optionalText(root, "client_id").map(ClientIdentifier::new),
                secret,
                optionalText(root, "authorize_url"),
                optionalText(root, "token_url"),
                optionalText(root, "registration_url"),
                optionalText(root, "revocation_url"),
                Scopes.parse(optionalText(root, "scopes").orElse("")),
                optionalText(root, "resource").map(ResourceIdentifier::new),
                optionalText(root, "token_endpoint_auth_method")
                        .flatMap(TokenEndpointAuthMethod::find),
                parameters,
                Optional.of(root.path("dpop_bound_access_tokens"))
                        .filter(JsonNode::isBoolean)
                        .map(bound -> DpopPolicy.of(bound.booleanValue()))
                        .orElse(DpopPolicy.WHERE_ASKED),
                AcceptedQuirks.stored(
                        optionalText(root, "exceptions")
                                .map(words -> List.of(words.split(" ")))
                                .orElse(List.of())),
                optionalText(secrets, "private_key_pem")
                        .map(pem ->
                                new SigningKey(
                                        pem,
                                        optionalText(root, "signing_algorithm")
                                                .map(word ->
                                                        SigningAlgorithm.parse(
                                                                "signing_algorithm", word)),
                                        optionalText(root, "private_key_id"))),
                flow(root, secrets));
    }

    /** What was written before there was a choice is the authorization code. */
    private static GrantFlow flow(JsonNode root, JsonNode secrets) {
        String grantType = optionalText(root, "grant_type").orElse(GrantFlow.AUTHORIZATION_CODE);
        return switch (grantType) {
            case GrantFlow.AUTHORIZATION_CODE -> new GrantFlow.AuthorizationCode();
            case GrantFlow.CLIENT_CREDENTIALS -> new GrantFlow.ClientCredentials();
            case GrantFlow.JWT_BEARER ->
                    root.has("identity_provider")
                            ? new GrantFlow.EnterpriseManaged(
                                    provider(root.get("identity_provider"), secrets))
                            : new GrantFlow.WorkloadIdentity(source(root, secrets));
            default -> throw new IllegalStateException("Unknown grant type in the database");
        };
    }

    private static AssertionSource source(JsonNode root, JsonNode secrets) {
        return optionalText(root, "assertion_file")
                .<AssertionSource>map(name -> new AssertionSource.InFile(new AssertionFile(name)))
                .orElseGet(() ->
                        new AssertionSource.Entered(
                                new Assertion(JsonText.text(secrets, "assertion"))));
    }

    private static IdentityProvider provider(JsonNode json, JsonNode secrets) {
        return new IdentityProvider(
                new Issuer(JsonText.text(json, "issuer")),
                optionalText(json, "token_url"),
                new ClientIdentifier(JsonText.text(json, "client_id")),
                optionalText(secrets, "identity_provider_secret").map(ClientSecret::new),
                optionalText(json, "token_endpoint_auth_method")
                        .flatMap(TokenEndpointAuthMethod::find),
                new SubjectToken(JsonText.text(secrets, "subject_token")),
                JsonText.text(json, "subject_token_type"));
    }
}

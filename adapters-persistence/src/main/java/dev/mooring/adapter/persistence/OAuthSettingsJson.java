package dev.mooring.adapter.persistence;

import static dev.mooring.adapter.persistence.JsonText.optionalText;
import static dev.mooring.adapter.persistence.JsonText.put;

import static java.util.stream.Collectors.joining;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;

import dev.mooring.domain.client.OAuthSettings;
import dev.mooring.domain.oauth.AcceptedQuirks;
import dev.mooring.domain.oauth.ClientIdentifier;
import dev.mooring.domain.oauth.ClientSecret;
import dev.mooring.domain.oauth.DpopPolicy;
import dev.mooring.domain.oauth.Issuer;
import dev.mooring.domain.oauth.ResourceIdentifier;
import dev.mooring.domain.oauth.Scopes;
import dev.mooring.domain.oauth.TokenEndpointAuthMethod;

import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * How {@link OAuthSettings} are kept: one JSON object, without the client secret. It says of its
 * writer which members, and which methods, that one knows; the database keeps the others when the
 * settings are replaced, because a newer version wrote them.
 */
record OAuthSettingsJson(String json) {

    private static final String MEMBERS =
            "issuer client_id authorize_url token_url registration_url revocation_url scopes"
                    + " resource token_endpoint_auth_method dpop_bound_access_tokens exceptions"
                    + " authorize_params";

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
        json.putObject("writer").put("members", MEMBERS).put("methods", METHODS);
        return new OAuthSettingsJson(JsonText.write(json));
    }

    /** The settings, with the secret that is kept apart. */
    OAuthSettings toSettings(Optional<ClientSecret> secret) {
        JsonNode root = JsonText.read(json);
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
                                .orElse(List.of())));
    }
}

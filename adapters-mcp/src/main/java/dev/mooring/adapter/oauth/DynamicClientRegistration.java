package dev.mooring.adapter.oauth;

import dev.mooring.adapter.http.GuardedHttp;
import dev.mooring.adapter.http.OutboundAnswer;
import dev.mooring.adapter.http.OutboundException;
import dev.mooring.adapter.http.OutboundRequest;
import dev.mooring.application.port.Budget;
import dev.mooring.application.port.ClientRegistrar;
import dev.mooring.domain.InvalidValueException;
import dev.mooring.domain.client.Connection;
import dev.mooring.domain.client.TrustedCa;
import dev.mooring.domain.lifecycle.Deregistration;
import dev.mooring.domain.lifecycle.Problem;
import dev.mooring.domain.lifecycle.Problem.Code;
import dev.mooring.domain.lifecycle.Registration.Management;
import dev.mooring.domain.oauth.ClientCredentials;
import dev.mooring.domain.oauth.ClientIdentifier;
import dev.mooring.domain.oauth.ClientMetadata;
import dev.mooring.domain.oauth.ClientSecret;
import dev.mooring.domain.oauth.HttpUrl;
import dev.mooring.domain.oauth.OAuthError;
import dev.mooring.domain.oauth.Origin;
import dev.mooring.domain.oauth.RegistrationAccessToken;
import dev.mooring.domain.oauth.TokenEndpointAuthMethod;

import java.net.URI;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.function.Function;
import java.util.regex.Pattern;

/** Dynamic client registration over HTTP (RFC 7591, RFC 7592). Safe for many threads. */
public final class DynamicClientRegistration implements ClientRegistrar {
    private static final long LATEST_SECOND =
            Instant.parse("9999-12-31T23:59:59Z").getEpochSecond();

    /** RFC 6750 section 2.1; whatever else could not be a part of a header. */
    private static final Pattern SENDABLE = Pattern.compile("[\\x21-\\x7E]{1,8192}");

    private final GuardedHttp http;
    private final InstantSource clock;

    public DynamicClientRegistration(GuardedHttp http, InstantSource clock) {
        this.http = http;
        this.clock = clock;
    }

    @Override
    public Answer register(
            URI registrationEndpoint,
            ClientMetadata metadata,
            Connection connection,
            Budget budget) {
        try {
            return read(
                    http.send(
                            OAuthRequest.registration(registrationEndpoint, metadata)
                                    .withTrust(connection.trustedCa())
                                    .withBudget(budget)),
                    metadata,
                    members -> management(members, registrationEndpoint, connection.trustedCa()));
        } catch (OutboundException e) {
            return new Answer.Failed(Upstream.AUTHORIZATION_SERVER.problem(e));
        }
    }

    @Override
    public Deletion delete(Deregistration deregistration, Budget budget) {
        Management management = deregistration.management();
        try {
            return read(
                    http.send(
                            OutboundRequest.delete(management.configurationEndpoint())
                                    .withHeader(
                                            "Authorization",
                                            "Bearer " + management.accessToken().value())
                                    .withTrust(management.trustedCa())
                                    .withBudget(budget)));
        } catch (OutboundException e) {
            Problem problem = Upstream.AUTHORIZATION_SERVER.problem(e);
            return e.reason() == OutboundException.Reason.REFUSED_BY_GUARD
                    ? new Deletion.Refused(problem, OptionalInt.empty())
                    : new Deletion.Unavailable(problem, OptionalInt.empty(), Optional.empty());
        }
    }

    /** RFC 7592 section 2.3. */
    private Deletion read(OutboundAnswer answer) {
        int status = answer.status();
        return switch (status) {
            // It says 204, and some servers say 200 and show once more what they deleted.
            case 200, 202, 204 -> new Deletion.Deleted();
            // 401 for a registration that is not there, or a token that is not good any more: there
            // is nothing that we could do with it. Some servers say 404.
            case 401, 404, 410 -> new Deletion.Deleted();
            case 408, 425, 429 -> notNow(answer);
            // 403 where a client may not delete itself, 405 where no client may.
            default ->
                    status >= 500 && status != 501
                            ? notNow(answer)
                            : new Deletion.Refused(notDeleted(status), OptionalInt.of(status));
        };
    }

    private Deletion notNow(OutboundAnswer answer) {
        return new Deletion.Unavailable(
                notDeleted(answer.status()),
                OptionalInt.of(answer.status()),
                answer.retryAfter(clock));
    }

    private static Problem notDeleted(int status) {
        return Upstream.AUTHORIZATION_SERVER.broken(
                "answered the deletion of our registration with status " + status);
    }

    private static Answer read(
            OutboundAnswer answer,
            ClientMetadata asked,
            Function<JsonObject, Optional<Management>> management) {
        Optional<JsonObject> json = JsonObject.parse(answer.body());
        Optional<OAuthError> error =
                json.flatMap(members -> members.text("error")).map(OAuthError::new);
        // RFC 7591 section 3.2.1 says 201; plenty of servers say 200.
        boolean success = answer.status() == 200 || answer.status() == 201;
        if (success && error.isEmpty()) {
            return json.map(members -> registered(members, asked, management.apply(members)))
                    .orElseGet(() ->
                            broken("answered the registration with something else than JSON"));
        }
        return answer.status() == 429 || answer.status() >= 500
                ? broken("answered the registration with status " + answer.status())
                : refused(answer.status(), error, asked);
    }

    private static Answer registered(
            JsonObject members, ClientMetadata asked, Optional<Management> management) {
        try {
            Optional<ClientSecret> secret = members.text("client_secret").map(ClientSecret::new);
            Optional<TokenEndpointAuthMethod> method = method(members, secret.isPresent(), asked);
            if (method.isEmpty()) {
                return new Answer.Useless(
                        new Problem(
                                Code.REGISTRATION_REFUSED,
                                "The authorization server registered us for a client"
                                        + " authentication that we do not speak"),
                        management);
            }
            boolean isPublic = method.get() == TokenEndpointAuthMethod.NONE;
            return new Answer.Registered(
                    new ClientCredentials(
                            new ClientIdentifier(members.text("client_id").orElse("")),
                            isPublic ? Optional.empty() : secret,
                            method.get()),
                    isPublic ? Optional.empty() : secretExpiresAt(members),
                    management);
        } catch (InvalidValueException e) {
            return broken("answered the registration without a usable client_id");
        }
    }

    /**
     * What the server registered (RFC 7591 section 3.2.1) counts, not what we asked for. Where it
     * does not say, a secret stands for what we asked for or else the RFC's default, and no secret
     * for a public client. Empty for a method that we do not speak.
     */
    private static Optional<TokenEndpointAuthMethod> method(
            JsonObject members, boolean withSecret, ClientMetadata asked) {
        if (!withSecret) {
            return Optional.of(TokenEndpointAuthMethod.NONE);
        }
        Optional<String> word = members.text("token_endpoint_auth_method");
        if (word.isPresent()) {
            return TokenEndpointAuthMethod.find(word.get())
                    .filter(method -> method != TokenEndpointAuthMethod.PRIVATE_KEY_JWT);
        }
        return Optional.of(
                asked.tokenEndpointAuthMethod() == TokenEndpointAuthMethod.NONE
                        ? TokenEndpointAuthMethod.CLIENT_SECRET_BASIC
                        : asked.tokenEndpointAuthMethod());
    }

    /** RFC 7591 section 3.2.1: zero means never. */
    private static Optional<Instant> secretExpiresAt(JsonObject members) {
        return members.wholeNumber("client_secret_expires_at")
                .filter(seconds -> seconds > 0)
                .map(seconds -> Instant.ofEpochSecond(Math.min(seconds, LATEST_SECOND)));
    }

    /** The token is for who gave it: a place elsewhere is not taken for a part of that server. */
    private static Optional<Management> management(
            JsonObject members, URI registrationEndpoint, Optional<TrustedCa> trustedCa) {
        try {
            Optional<URI> endpoint =
                    members.text("registration_client_uri")
                            .map(text -> HttpUrl.requireHttpUrl("registration_client_uri", text))
                            .filter(uri -> Origin.of(uri).equals(Origin.of(registrationEndpoint)));
            return endpoint.flatMap(uri ->
                    members.text("registration_access_token")
                            .filter(token -> SENDABLE.matcher(token).matches())
                            .map(RegistrationAccessToken::new)
                            .map(token -> new Management(uri, token, trustedCa)));
        } catch (InvalidValueException e) {
            return Optional.empty();
        }
    }

    /** MCP "Dynamic Client Registration": refusals over redirect URIs are told with a meaning. */
    private static Answer refused(int status, Optional<OAuthError> error, ClientMetadata asked) {
        // RFC 7591 section 3.2.2
        boolean overRedirectUri = error.equals(Optional.of(OAuthError.INVALID_REDIRECT_URI));
        String why =
                overRedirectUri
                        ? "because of our redirect URI "
                                + asked.redirectUris().getFirst()
                                + " (invalid_redirect_uri)"
                        : error.map(code -> "with " + code)
                                .orElseGet(() -> "with status " + status);
        Problem problem =
                new Problem(
                        Code.REGISTRATION_REFUSED,
                        "The authorization server refuses to register us "
                                + why
                                + "; register there by hand and give oauth_config.client_id");
        return overRedirectUri
                ? new Answer.RedirectUriRefused(problem)
                : new Answer.Failed(problem);
    }

    private static Answer broken(String what) {
        return new Answer.Failed(Upstream.AUTHORIZATION_SERVER.broken(what));
    }
}

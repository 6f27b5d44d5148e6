package dev.mooring.adapter.rest;

import dev.mooring.domain.InvalidValueException;
import dev.mooring.domain.access.ApiKeyId;
import dev.mooring.domain.client.ClientId;
import dev.mooring.domain.client.OAuthConfigId;
import dev.mooring.domain.webhook.WebhookId;

import io.helidon.webserver.http.ServerRequest;

import java.util.Optional;
import java.util.function.Function;

/** The {@code {id}} of a path. One that has the wrong shape for its kind names nothing. */
final class PathIds {
    private PathIds() {}

    static String text(ServerRequest request) {
        return request.path().pathParameters().get("id");
    }

    static Optional<ClientId> client(ServerRequest request) {
        return parsed(request, ClientId::new);
    }

    static Optional<ApiKeyId> apiKey(ServerRequest request) {
        return parsed(request, ApiKeyId::new);
    }

    static Optional<WebhookId> webhook(ServerRequest request) {
        return parsed(request, WebhookId::new);
    }

    static Optional<OAuthConfigId> oauthConfig(ServerRequest request) {
        return parsed(request, OAuthConfigId::new);
    }

    private static <T> Optional<T> parsed(ServerRequest request, Function<String, T> parse) {
        try {
            return Optional.of(parse.apply(text(request)));
        } catch (InvalidValueException e) {
            // What cannot be an id is the id of nothing: not found.
            return Optional.empty();
        }
    }
}

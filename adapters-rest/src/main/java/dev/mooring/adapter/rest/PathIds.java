package dev.mooring.adapter.rest;

import dev.mooring.domain.InvalidValueException;
import dev.mooring.domain.client.ClientId;
import dev.mooring.domain.client.OAuthConfigId;

import io.helidon.webserver.http.ServerRequest;

import java.util.Optional;

/** The {@code {id}} of a path. One that has the wrong shape for its kind names nothing. */
final class PathIds {
    private PathIds() {}

    static String text(ServerRequest request) {
        return request.path().pathParameters().get("id");
    }

    static Optional<ClientId> client(ServerRequest request) {
        try {
            return Optional.of(new ClientId(text(request)));
        } catch (InvalidValueException e) {
            return Optional.empty();
        }
    }

    static Optional<OAuthConfigId> oauthConfig(ServerRequest request) {
        return Optional.of(text(request))
                .filter(OAuthConfigId::looksLikeOne)
                .map(OAuthConfigId::new);
    }
}

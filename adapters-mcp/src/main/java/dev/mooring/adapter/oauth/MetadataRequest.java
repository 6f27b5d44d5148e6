package dev.mooring.adapter.oauth;

import dev.mooring.adapter.http.GuardedHttp;
import dev.mooring.adapter.http.OutboundAnswer;
import dev.mooring.adapter.http.OutboundException;
import dev.mooring.adapter.http.OutboundRequest;
import dev.mooring.application.port.Budget;
import dev.mooring.domain.client.TrustedCa;
import dev.mooring.domain.lifecycle.Problem;

import java.net.URI;
import java.util.Optional;

/** Looks for a metadata document in one place. */
record MetadataRequest(Upstream upstream, Optional<TrustedCa> trustedCa, Budget budget) {

    /** What is there. */
    sealed interface Found {
        record Document(JsonObject json) implements Found {}

        /** Nothing that could be metadata: the next place may have it. */
        record Nothing() implements Found {}

        /** The server has trouble here: the next place may have it all the same. */
        record Trouble(Problem problem) implements Found {}

        /** There was no answer at all, nor will there be one in another place of this server. */
        record NoAnswer(Problem problem) implements Found {}
    }

    Found send(GuardedHttp http, URI place) {
        OutboundRequest get =
                OutboundRequest.get(place)
                        .withHeader("Accept", "application/json")
                        .withTrust(trustedCa)
                        .withBudget(budget)
                        .followingSameOriginRedirects();
        try {
            return read(http.send(get));
        } catch (OutboundException e) {
            Problem problem = upstream.problem(e);
            return switch (e.reason()) {
                case TOO_LARGE, BROKEN_ANSWER, TOO_MANY_REDIRECTS -> new Found.Trouble(problem);
                case REFUSED_BY_GUARD,
                        NAME_NOT_FOUND,
                        CONNECT_FAILED,
                        TLS_FAILED,
                        TIMED_OUT,
                        CANCELLED ->
                        new Found.NoAnswer(problem);
            };
        }
    }

    private Found read(OutboundAnswer answer) {
        // A server that has had enough of us for now is not one that publishes nothing.
        if (answer.status() >= 500 || answer.status() == 429 || answer.status() == 408) {
            return new Found.Trouble(
                    upstream.broken(
                            "answers with status " + answer.status() + " for its metadata"));
        }
        // 404, but also 401, 403 or 405 where a server does not know the place; and many sites
        // answer 200 with a page of theirs.
        return answer.status() == 200
                ? JsonObject.parse(answer.body())
                        .<Found>map(Found.Document::new)
                        .orElseGet(Found.Nothing::new)
                : new Found.Nothing();
    }
}

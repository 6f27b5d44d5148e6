package dev.mooring.adapter.oauth;

import dev.mooring.adapter.dpop.DpopProofs;
import dev.mooring.adapter.http.GuardedHttp;
import dev.mooring.adapter.http.OutboundRequest;
import dev.mooring.domain.oauth.DpopKey;

import java.util.Optional;

/** Requests to authorization servers, with a proof of possession where there is a key. */
record ProvenRequests(GuardedHttp http, DpopProofs proofs) {

    /**
     * Sends a request once. Only where the server answers that it wants a nonce, and gives it, the
     * same is sent once more (RFC 9449 section 8): it has looked at nothing but the proof.
     */
    TokenAnswer send(OutboundRequest request, Optional<DpopKey> key) {
        if (key.isEmpty()) {
            return TokenAnswer.of(http.send(request));
        }
        Sent first = prove(request, key.get());
        return first.answer().wantsNonce() && first.nonceCame()
                ? prove(request, key.get()).answer()
                : first.answer();
    }

    private record Sent(TokenAnswer answer, boolean nonceCame) {}

    private Sent prove(OutboundRequest request, DpopKey key) {
        String proof = proofs.prove(key, request.method().name(), request.uri());
        TokenAnswer answer =
                TokenAnswer.of(http.send(request.withHeader(DpopProofs.HEADER, proof)));
        return new Sent(answer, proofs.learn(request.uri(), answer.answer().headers()));
    }
}

package dev.mooring.adapter.oauth;

import dev.mooring.adapter.dpop.DpopProofs;
import dev.mooring.adapter.http.GuardedHttp;
import dev.mooring.adapter.http.OutboundRequest;
import dev.mooring.domain.oauth.DpopKey;

import java.util.Optional;
import java.util.function.Supplier;

/** Requests to authorization servers, with a proof of possession where there is a key. */
record ProvenRequests(GuardedHttp http, DpopProofs proofs) {

    /**
     * Sends a request once. Only where the server answers that it wants a nonce, and gives it, the
     * same is sent once more (RFC 9449 section 8): it has looked at nothing but the proof. Empty
     * where there is no request.
     *
     * @param written writes the request, for each time that it is sent: an assertion by which our
     *     client proves itself counts once (RFC 7523 section 3), even where nothing came of it
     */
    Optional<TokenAnswer> send(Supplier<Optional<OutboundRequest>> written, Optional<DpopKey> key) {
        return written.get()
                .map(request ->
                        key.map(known -> proven(request, written, known))
                                .orElseGet(() -> TokenAnswer.of(http.send(request))));
    }

    private TokenAnswer proven(
            OutboundRequest request, Supplier<Optional<OutboundRequest>> written, DpopKey key) {
        Sent first = prove(request, key);
        return first.answer().wantsNonce() && first.nonceCame()
                ? written.get().map(again -> prove(again, key).answer()).orElseGet(first::answer)
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

package dev.mooring.application;

import dev.mooring.application.RegisterClient.Idempotency;
import dev.mooring.application.port.ClientStore;
import dev.mooring.application.port.ClientStore.Insertion;
import dev.mooring.application.port.EventLog;
import dev.mooring.application.port.IdempotencyKeys;
import dev.mooring.domain.lifecycle.ClientEvent;
import dev.mooring.domain.lifecycle.McpClient;
import dev.mooring.domain.oauth.AcceptedQuirks;

import java.io.Serial;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Optional;

/**
 * Stores a client that is new, with its event and with the request that made it, inside the unit of
 * work of whoever registers it.
 */
record AddClient(
        ClientStore clients,
        IdempotencyKeys idempotencyKeys,
        EventLog events,
        InstantSource clock) {
    private static final Duration IDEMPOTENCY_LIFETIME = Duration.ofHours(24);

    /**
     * As {@link ClientStore#insert}.
     *
     * @throws RememberedMeanwhileException to undo it all, when another request took the key
     */
    Insertion handle(McpClient client, Optional<Idempotency> idempotency) {
        Insertion insertion = clients.insert(client);
        if (insertion instanceof Insertion.Inserted) {
            record(client, idempotency);
        }
        return insertion;
    }

    private void record(McpClient client, Optional<Idempotency> idempotency) {
        Instant now = clock.instant();
        events.append(client.details().registered(now));
        AcceptedQuirks exceptions = client.settings().exceptions();
        if (!exceptions.equals(AcceptedQuirks.NONE)) {
            events.append(new ClientEvent.ExceptionsChanged(client.id(), exceptions, now));
        }
        boolean remembered =
                idempotency
                        .map(request ->
                                idempotencyKeys.remember(
                                        request.key(),
                                        request.fingerprint(),
                                        client.id(),
                                        IDEMPOTENCY_LIFETIME))
                        .orElse(true);
        if (!remembered) {
            throw new RememberedMeanwhileException();
        }
    }

    /** Of two requests with the same key at once, the other one was faster. */
    static final class RememberedMeanwhileException extends RuntimeException {
        @Serial private static final long serialVersionUID = 1L;
    }
}

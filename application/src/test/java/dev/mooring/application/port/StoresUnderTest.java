package dev.mooring.application.port;

import dev.mooring.application.fixture.Interruption;

import java.time.Duration;
import java.time.InstantSource;
import java.util.Arrays;

/** All the stores of one database, for the contracts that every implementation must keep. */
public record StoresUnderTest(
        UnitOfWork unitOfWork,
        ClientStore clients,
        AttemptStore attempts,
        GrantStore grants,
        Pauses pauses,
        RegistrationStore registrations,
        ConnectionRuns connectionRuns,
        RevocationOutbox revocations,
        DeregistrationOutbox deregistrations,
        IdempotencyKeys idempotencyKeys,
        ApiKeyStore apiKeys,
        EventLog events,
        EventHistory history,
        WebhookStore webhooks,
        Clocks clocks) {

    /** How a node takes the time from the stores that it shares with others. */
    @FunctionalInterface
    public interface Clocks {
        /**
         * The time of day as a node has it.
         *
         * @param ahead by how much the clock of the node's machine is wrong
         */
        InstantSource of(Duration ahead);
    }

    /** Empty ones in memory, with a clock that goes. */
    public static StoresUnderTest inMemory() {
        return in(new InMemoryDatabase(InstantSource.system()));
    }

    static StoresUnderTest in(InMemoryDatabase database) {
        return new StoresUnderTest(
                database,
                new InMemoryClientStore(database),
                new InMemoryAttemptStore(database),
                new InMemoryGrantStore(database),
                new InMemoryPauses(database),
                new InMemoryRegistrationStore(database),
                new InMemoryConnectionRuns(database),
                new InMemoryRevocationOutbox(database),
                new InMemoryDeregistrationOutbox(database),
                new InMemoryIdempotencyKeys(database),
                new InMemoryApiKeyStore(database),
                new InMemoryEventLog(database),
                new InMemoryEventLog(database),
                new InMemoryWebhookStore(database),
                ahead -> database::now);
    }

    /** The same ports, but their stores are these. */
    public Ports behind(Ports ports) {
        return Interruption.replacing(
                ports,
                (port, value) ->
                        Arrays.stream(StoresUnderTest.class.getRecordComponents())
                                .filter(store -> store.getType().equals(port))
                                .findFirst()
                                .map(store -> Interruption.read(store, this))
                                .orElse(value));
    }
}

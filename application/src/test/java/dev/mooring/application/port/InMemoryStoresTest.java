package dev.mooring.application.port;

import org.junit.jupiter.api.Nested;

import java.time.InstantSource;

/** The stores in memory keep the contracts of the ports. */
class InMemoryStoresTest {

    @Nested
    class Units extends UnitOfWorkContract {
        @Override
        protected StoresUnderTest emptyStores() {
            return inMemory();
        }
    }

    @Nested
    class Clients extends ClientStoreContract {
        @Override
        protected StoresUnderTest emptyStores() {
            return inMemory();
        }
    }

    @Nested
    class Attempts extends AttemptStoreContract {
        @Override
        protected StoresUnderTest emptyStores() {
            return inMemory();
        }
    }

    @Nested
    class Grants extends GrantStoreContract {
        @Override
        protected StoresUnderTest emptyStores() {
            return inMemory();
        }
    }

    @Nested
    class Pausing extends PausesContract {
        @Override
        protected StoresUnderTest emptyStores() {
            return inMemory();
        }
    }

    @Nested
    class Registrations extends RegistrationStoreContract {
        @Override
        protected StoresUnderTest emptyStores() {
            return inMemory();
        }
    }

    @Nested
    class Runs extends ConnectionRunsContract {
        @Override
        protected StoresUnderTest emptyStores() {
            return inMemory();
        }
    }

    @Nested
    class Revocations extends RevocationOutboxContract {
        @Override
        protected StoresUnderTest emptyStores() {
            return inMemory();
        }
    }

    @Nested
    class Keys extends IdempotencyKeysContract {
        @Override
        protected StoresUnderTest emptyStores() {
            return inMemory();
        }
    }

    @Nested
    class ApiKeys extends ApiKeyStoreContract {
        @Override
        protected StoresUnderTest emptyStores() {
            return inMemory();
        }
    }

    @Nested
    class Events extends EventLogContract {
        @Override
        protected StoresUnderTest emptyStores() {
            return inMemory();
        }
    }

    private static StoresUnderTest inMemory() {
        InMemoryDatabase database = new InMemoryDatabase(InstantSource.system());
        return new StoresUnderTest(
                database,
                new InMemoryClientStore(database),
                new InMemoryAttemptStore(database),
                new InMemoryGrantStore(database),
                new InMemoryPauses(database),
                new InMemoryRegistrationStore(database),
                new InMemoryConnectionRuns(database),
                new InMemoryRevocationOutbox(database),
                new InMemoryIdempotencyKeys(database),
                new InMemoryApiKeyStore(database),
                event -> database.run(() -> database.tables().events.add(event)),
                () -> database.events().size());
    }
}

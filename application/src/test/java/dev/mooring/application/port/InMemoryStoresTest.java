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
    class Deregistrations extends DeregistrationOutboxContract {
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

    @Nested
    class Changes extends ChangeFeedContract {
        private final InMemoryDatabase database = new InMemoryDatabase(InstantSource.system());

        @Override
        protected StoresUnderTest emptyStores() {
            return inMemory(database);
        }

        @Override
        protected ChangeFeed feed() {
            return database.changes();
        }
    }

    private static StoresUnderTest inMemory() {
        return inMemory(new InMemoryDatabase(InstantSource.system()));
    }

    private static StoresUnderTest inMemory(InMemoryDatabase database) {
        return StoresUnderTest.in(database);
    }
}

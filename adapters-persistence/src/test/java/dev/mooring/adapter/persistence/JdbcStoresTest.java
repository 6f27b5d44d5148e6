package dev.mooring.adapter.persistence;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.mooring.application.fixture.Grants;
import dev.mooring.application.fixture.Registrations;
import dev.mooring.application.fixture.Webhooks;
import dev.mooring.application.port.ApiKeyStoreContract;
import dev.mooring.application.port.AttemptStoreContract;
import dev.mooring.application.port.ChangeFeed;
import dev.mooring.application.port.ChangeFeedContract;
import dev.mooring.application.port.ClientStoreContract;
import dev.mooring.application.port.ConnectionRunsContract;
import dev.mooring.application.port.DeregistrationOutboxContract;
import dev.mooring.application.port.EventLogContract;
import dev.mooring.application.port.GrantStoreContract;
import dev.mooring.application.port.IdempotencyKeysContract;
import dev.mooring.application.port.Outbox.Entry;
import dev.mooring.application.port.PausesContract;
import dev.mooring.application.port.RegistrationStoreContract;
import dev.mooring.application.port.RevocationOutbox;
import dev.mooring.application.port.RevocationOutboxContract;
import dev.mooring.application.port.StoresUnderTest;
import dev.mooring.application.port.UnitOfWorkContract;
import dev.mooring.application.port.WebhookStoreContract;
import dev.mooring.domain.client.ClientId;
import dev.mooring.domain.lifecycle.GrantId;
import dev.mooring.domain.lifecycle.Revocation;
import dev.mooring.domain.lifecycle.RunId;
import dev.mooring.domain.webhook.Webhook;

import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

import java.net.URI;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/** The stores over a real PostgreSQL keep the contracts of the ports. */
class JdbcStoresTest {

    @RegisterExtension static final TestDatabase DATABASE = new TestDatabase();

    private static TestStores stores;

    @BeforeAll
    static void open() {
        stores = TestStores.open(DATABASE);
    }

    @AfterAll
    static void close() {
        stores.close();
    }

    @Nested
    class Units extends UnitOfWorkContract {
        @Override
        protected StoresUnderTest emptyStores() {
            return stores.emptied();
        }
    }

    @Nested
    class Clients extends ClientStoreContract {
        @Override
        protected StoresUnderTest emptyStores() {
            return stores.emptied();
        }
    }

    @Nested
    class Attempts extends AttemptStoreContract {
        @Override
        protected StoresUnderTest emptyStores() {
            return stores.emptied();
        }
    }

    @Nested
    class GrantStores extends GrantStoreContract {
        @Override
        protected StoresUnderTest emptyStores() {
            return stores.emptied();
        }
    }

    @Nested
    class Pausing extends PausesContract {
        @Override
        protected StoresUnderTest emptyStores() {
            return stores.emptied();
        }
    }

    @Nested
    class OurRegistrations extends RegistrationStoreContract {
        @Override
        protected StoresUnderTest emptyStores() {
            return stores.emptied();
        }
    }

    @Nested
    class Runs extends ConnectionRunsContract {
        @Override
        protected StoresUnderTest emptyStores() {
            return stores.emptied();
        }
    }

    @Nested
    class Revocations extends RevocationOutboxContract {
        @Override
        protected StoresUnderTest emptyStores() {
            return stores.emptied();
        }

        @Test
        void secretThatDoesNotOpenIsInTheWayOfNoOtherRevocation() {
            RevocationOutbox outbox = stores.emptied().revocations();
            outbox.add(revocation("grant_1"));
            outbox.add(revocation("grant_2"));
            stores.execute(
                    "update owed_revocation set access_token = '\\x00' where grant_id = 'grant_1'");

            List<Entry> taken = outbox.take(9, 9, List.of(), Duration.ofMinutes(1));
            assertThat(taken).hasSize(2);
            assertThatThrownBy(() -> outbox.open(taken.getFirst()))
                    .isInstanceOf(IllegalStateException.class);
            assertThat(outbox.open(taken.getLast())).contains(revocation("grant_2"));
            assertThat(outbox.giveUp(taken.getFirst())).isTrue();
        }

        private static Revocation revocation(String grant) {
            return new Revocation(
                    Optional.of(new ClientId("gone")),
                    new GrantId(grant),
                    URI.create("https://as.example/revoke"),
                    Registrations.publicCredentials("client"),
                    Grants.tokens(1),
                    Optional.empty(),
                    Optional.empty());
        }
    }

    @Nested
    class Deregistrations extends DeregistrationOutboxContract {
        @Override
        protected StoresUnderTest emptyStores() {
            return stores.emptied();
        }
    }

    @Nested
    class Keys extends IdempotencyKeysContract {
        @Override
        protected StoresUnderTest emptyStores() {
            return stores.emptied();
        }
    }

    @Nested
    class ApiKeys extends ApiKeyStoreContract {
        @Override
        protected StoresUnderTest emptyStores() {
            return stores.emptied();
        }
    }

    @Nested
    class Changes extends ChangeFeedContract {
        private final PostgresChangeFeed feed =
                new PostgresChangeFeed(DATABASE.access(), new SecureRandom());

        @Override
        protected StoresUnderTest emptyStores() {
            return stores.emptied();
        }

        @Override
        protected ChangeFeed feed() {
            return feed;
        }

        @AfterEach
        void end() {
            feed.close();
        }
    }

    @Nested
    class Events extends EventLogContract {
        @Override
        protected StoresUnderTest emptyStores() {
            return stores.emptied();
        }
    }

    @Nested
    class WebhookStores extends WebhookStoreContract {
        @Override
        protected StoresUnderTest emptyStores() {
            return stores.emptied();
        }

        @Test
        void secretThatDoesNotOpenIsInTheWayOfNoOtherWebhook() {
            StoresUnderTest all = stores.emptied();
            Webhook sound = Webhooks.of("sound");
            Webhook spoiled = Webhooks.of("spoiled");
            all.webhooks().insert(sound, Webhooks.secretsOf("sound"), 1);
            all.webhooks().insert(spoiled, Webhooks.secretsOf("spoiled"), 1);
            stores.execute("update webhook set secret = '\\x00' where name = 'spoiled'");

            assertThat(all.webhooks().list()).hasSize(2);
            assertThat(all.webhooks().take(2, new RunId("run"), Duration.ofMinutes(1))).hasSize(2);
            assertThat(all.webhooks().secrets(sound.id())).contains(Webhooks.secretsOf("sound"));
            assertThatThrownBy(() -> all.webhooks().secrets(spoiled.id()))
                    .isInstanceOf(IllegalStateException.class);
            assertThat(all.webhooks().delete(spoiled.id())).isTrue();
        }
    }
}

package dev.mooring.adapter.persistence;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.mooring.application.DeliverWebhooks;
import dev.mooring.application.KeepWebhooks;
import dev.mooring.application.Timing;
import dev.mooring.application.fixture.Events;
import dev.mooring.application.fixture.MutableClock;
import dev.mooring.application.fixture.SeededRandom;
import dev.mooring.application.fixture.Webhooks;
import dev.mooring.application.port.SecretLostException;
import dev.mooring.application.port.StoresUnderTest;
import dev.mooring.application.port.WillingWebhookReceiver;
import dev.mooring.domain.client.ClientId;
import dev.mooring.domain.webhook.SigningSecrets;
import dev.mooring.domain.webhook.Webhook;

import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

/** What goes wrong around one webhook stays there. */
class WebhooksInTroubleTest {
    @RegisterExtension static final TestDatabase DATABASE = new TestDatabase();

    private static final Webhook HOOK = Webhooks.of("siem");

    private static TestStores all;

    private final MutableClock clock = new MutableClock();
    private StoresUnderTest stores;

    @BeforeAll
    static void open() {
        all = TestStores.open(DATABASE);
    }

    @AfterAll
    static void close() {
        all.close();
    }

    @BeforeEach
    void empty() {
        stores = all.emptied();
    }

    private void append(String client) {
        stores.events().append(Events.registered(new ClientId(client), clock.instant()));
    }

    @Test
    void secretThatIsLostIsReplacedByTheNextOne() {
        KeepWebhooks keep =
                new KeepWebhooks(
                        stores.unitOfWork(),
                        stores.webhooks(),
                        stores.history(),
                        stores.events(),
                        new WillingWebhookReceiver(),
                        Timing.DEFAULT,
                        clock,
                        new SeededRandom(3));
        stores.webhooks().insert(HOOK, Webhooks.secretsOf("siem"), 0);
        all.execute("update webhook set secret = set_byte(secret, length(secret) - 1, 0)");
        all.execute("update webhook set secret = set_byte(secret, length(secret) - 2, 0)");
        assertThatThrownBy(() -> stores.webhooks().secrets(HOOK.id()))
                .isInstanceOf(SecretLostException.class);

        KeepWebhooks.Shown shown = keep.rotate(HOOK.id()).orElseThrow();

        assertThat(stores.webhooks().secrets(HOOK.id()))
                .contains(SigningSecrets.of(shown.secret()));
    }

    @Test
    void writerThatHangsHoldsUpNothingThatHappenedBefore() throws Exception {
        CountDownLatch appended = new CountDownLatch(1);
        CountDownLatch mayCommit = new CountDownLatch(1);
        DeliverWebhooks deliver =
                new DeliverWebhooks(
                        stores.unitOfWork(),
                        stores.webhooks(),
                        stores.history(),
                        stores.events(),
                        new WillingWebhookReceiver(),
                        Runnable::run,
                        Timing.DEFAULT,
                        clock,
                        new SeededRandom(4));
        stores.webhooks().insert(HOOK, Webhooks.secretsOf("siem"), 0);
        append("before");
        long before = stores.history().settled();
        try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
            Future<?> hanging =
                    threads.submit(() ->
                            stores.unitOfWork()
                                    .run(() -> {
                                        append("hanging");
                                        appended.countDown();
                                        await(mayCommit);
                                    }));
            appended.await();

            try {
                deliver.handle();

                assertThat(stores.webhooks().find(HOOK.id()).orElseThrow().position())
                        .isEqualTo(before);
            } finally {
                // Before the threads are waited for.
                mayCommit.countDown();
            }
            hanging.get();
        }
    }

    private static void await(CountDownLatch latch) {
        try {
            latch.await();
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }
}

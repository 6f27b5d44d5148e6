package dev.mooring.application.port;

import static org.assertj.core.api.Assertions.assertThat;

import dev.mooring.application.fixture.Attempts;
import dev.mooring.application.fixture.Clients;
import dev.mooring.application.fixture.Registrations;
import dev.mooring.domain.audit.AuditFilter;
import dev.mooring.domain.audit.AuditRecord;
import dev.mooring.domain.client.ClientId;
import dev.mooring.domain.lifecycle.AuthorizationAttempt.Redeeming;
import dev.mooring.domain.lifecycle.AuthorizationAttempt.Started;
import dev.mooring.domain.lifecycle.McpClient;
import dev.mooring.domain.lifecycle.Registration;

import org.junit.jupiter.api.BeforeEach;

import java.time.Duration;
import java.util.List;

/**
 * What the contracts of all stores share: empty stores before each test, and the rows that other
 * rows refer to.
 */
public abstract class StoreContract {
    /** Long enough not to end by itself during a test. */
    static final Duration LONG = Duration.ofMinutes(5);

    /** Short enough for a test to see it end by the store's own clock. */
    static final Duration SHORT = Duration.ofMillis(250);

    private StoresUnderTest stores;
    private long begin;

    /** Stores with nothing in them. */
    protected abstract StoresUnderTest emptyStores();

    @BeforeEach
    void beginEmpty() {
        stores = emptyStores();
        begin = stores.history().settled();
    }

    /** What was recorded since the test began. */
    final List<AuditRecord> recorded(AuditFilter filter) {
        return stores.history().after(begin, filter, 1000).records();
    }

    /** The number after which the test began. */
    final long begin() {
        return begin;
    }

    final StoresUnderTest stores() {
        return stores;
    }

    final Stored<McpClient> insert(McpClient client) {
        return switch (stores.clients().insert(client)) {
            case ClientStore.Insertion.Inserted inserted -> inserted.client();
            case ClientStore.Insertion.Taken taken ->
                    throw new AssertionError("Taken: " + taken.field());
        };
    }

    /** A client that other rows may refer to. */
    final ClientId insertClient(String name) {
        return insert(Clients.pending(name)).value().id();
    }

    final Registration keepRegistration() {
        return stores.registrations().keep(Registrations.dynamic("reg_1"));
    }

    /** An attempt with the client and the registration that it refers to. */
    final Started insertAttempt() {
        return insertAttempt(insertClient("files"), 1);
    }

    final Started insertAttempt(ClientId client, int ordinal) {
        Started started = Attempts.started(client, ordinal, keepRegistration());
        stores.unitOfWork()
                .run(() -> {
                    stores.clients().lock(client);
                    stores.attempts().insert(started);
                });
        return started;
    }

    final Redeeming claim(Started started) {
        Redeeming claimed = Attempts.claimed(started);
        assertThat(stores.attempts().claim(claimed)).isTrue();
        return claimed;
    }
}

package dev.mooring.application.port;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowable;

import dev.mooring.application.fixture.Attempts;
import dev.mooring.application.fixture.Clients;
import dev.mooring.application.fixture.Events;
import dev.mooring.application.fixture.Grants;
import dev.mooring.application.fixture.Race;
import dev.mooring.application.fixture.Registrations;
import dev.mooring.application.port.ClientStore.Insertion;
import dev.mooring.application.port.ClientStore.TakenField;
import dev.mooring.domain.access.ApiKey;
import dev.mooring.domain.access.ApiKeyId;
import dev.mooring.domain.access.ApiKeySecret;
import dev.mooring.domain.access.Role;
import dev.mooring.domain.audit.AuditFilter;
import dev.mooring.domain.client.ClientName;
import dev.mooring.domain.lifecycle.AuthorizationAttempt.Started;
import dev.mooring.domain.lifecycle.Grant;
import dev.mooring.domain.lifecycle.McpClient;
import dev.mooring.domain.lifecycle.Registration;
import dev.mooring.domain.lifecycle.RunId;

import org.junit.jupiter.api.Test;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;

/** What every {@link UnitOfWork} must keep, over all its stores. */
public abstract class UnitOfWorkContract extends StoreContract {
    private static final McpClient CLIENT = Clients.pending("files");
    private static final Registration REGISTRATION = Registrations.dynamic("reg_1");
    private static final Started ATTEMPT = Attempts.started(CLIENT.id(), 1, REGISTRATION);
    private static final Grant GRANT = Grants.grant(CLIENT.id(), REGISTRATION);
    private static final ApiKey KEY =
            ApiKey.made(
                    new ApiKeyId("key_1"),
                    "admin",
                    Role.ADMIN,
                    Optional.empty(),
                    new ApiKeySecret("secret").digest(),
                    Clients.CREATED,
                    Optional.empty());

    @Test
    void whatTheWorkReturnsIsReturned() {
        assertThat(unit().<String>execute(() -> "done")).isEqualTo("done");
    }

    @Test
    void whatTheWorkDidIsThereAfterwards() {
        unit().run(this::writeEverywhere);
        assertThat(stores().clients().find(CLIENT.id())).isPresent();
        assertThat(stores().registrations().find(REGISTRATION.id())).isPresent();
        assertThat(stores().attempts().find(ATTEMPT.flowId())).isPresent();
        assertThat(stores().grants().find(GRANT.id())).isPresent();
        assertThat(stores().connectionRuns().start(CLIENT.id(), new RunId("run_2"), LONG))
                .isEqualTo(new ConnectionRuns.Start.Underway(new RunId("run_1")));
        assertThat(stores().revocations().take(9, 9, List.of(), LONG)).hasSize(1);
        assertThat(stores().idempotencyKeys().find("key")).isPresent();
        assertThat(stores().apiKeys().list()).containsExactly(KEY);
        assertThat(recorded(AuditFilter.ALL)).hasSize(1);
    }

    @Test
    void nothingStaysOfWorkThatThrowsAndItsExceptionIsKept() {
        RuntimeException thrown = new UnsupportedOperationException("the original");
        Throwable caught =
                catchThrowable(() ->
                        unit().run(() -> {
                            writeEverywhere();
                            throw thrown;
                        }));
        assertThat(caught).isSameAs(thrown);
        assertThatNothingIsStored();
    }

    @Test
    void anErrorIsKeptAsItIsToo() {
        Error thrown = new AssertionError("the original");
        Throwable caught =
                catchThrowable(() ->
                        unit().run(() -> {
                            writeEverywhere();
                            throw thrown;
                        }));
        assertThat(caught).isSameAs(thrown);
        assertThatNothingIsStored();
    }

    @Test
    void aUnitInsideAUnitJoinsIt() {
        RuntimeException thrown = new UnsupportedOperationException("after the inner unit");
        Throwable caught =
                catchThrowable(() ->
                        unit().run(() -> {
                            insert(CLIENT);
                            Optional<Stored<McpClient>> seen =
                                    unit().execute(() -> stores().clients().lock(CLIENT.id()));
                            assertThat(seen).isPresent();
                            unit().run(() -> stores().registrations().keep(REGISTRATION));
                            throw thrown;
                        }));
        assertThat(caught).isSameAs(thrown);
        assertThatNothingIsStored();
    }

    @Test
    void whatFailsInsideTheInnerUnitReachesTheCallerOfTheOuterOne() {
        RuntimeException thrown = new UnsupportedOperationException("the original");
        Throwable caught =
                catchThrowable(() ->
                        unit().run(() -> {
                            writeEverywhere();
                            unit().run(() -> {
                                throw thrown;
                            });
                        }));
        assertThat(caught).isSameAs(thrown);
        assertThatNothingIsStored();
    }

    @Test
    void nobodySeesWorkThatIsNotDone() {
        List<CompletableFuture<Optional<Stored<McpClient>>>> readers = new ArrayList<>();
        assertThatThrownBy(() ->
                        unit().run(() -> {
                            insert(CLIENT);
                            readers.add(Race.start(() -> stores().clients().find(CLIENT.id())));
                            waitAMoment(readers.getFirst());
                            throw new UnsupportedOperationException("never mind");
                        }))
                .hasMessage("never mind");
        assertThat(Race.finish(readers.getFirst())).isEmpty();
    }

    @Test
    void aRefusalOfAStoreDoesNotSpoilTheUnit() {
        unit().run(() -> {
            writeEverywhere();
            assertThat(stores().clients().insert(CLIENT))
                    .isEqualTo(new Insertion.Taken(TakenField.ID));
            assertThat(stores().registrations().keep(Registrations.dynamic("reg_2")))
                    .isEqualTo(REGISTRATION);
            assertThat(stores().idempotencyKeys().remember("key", "another", CLIENT.id(), LONG))
                    .isFalse();
            assertThat(stores().apiKeys().insert(KEY)).isFalse();
            assertThat(stores().connectionRuns().start(CLIENT.id(), new RunId("run_2"), LONG))
                    .isInstanceOf(ConnectionRuns.Start.Underway.class);
            insert(Clients.pending("afterwards"));
        });
        assertThat(stores().clients().find(CLIENT.id())).isPresent();
        assertThat(stores().clients().find(new ClientName("afterwards"))).isPresent();
    }

    private UnitOfWork unit() {
        return stores().unitOfWork();
    }

    private void writeEverywhere() {
        insert(CLIENT);
        stores().registrations().keep(REGISTRATION);
        stores().attempts().insert(ATTEMPT);
        stores().grants().put(GRANT);
        stores().connectionRuns().start(CLIENT.id(), new RunId("run_1"), LONG);
        stores().revocations().add(Grants.revocation(GRANT, REGISTRATION));
        stores().idempotencyKeys().remember("key", "digest", CLIENT.id(), LONG);
        stores().apiKeys().insert(KEY);
        stores().events().append(Events.registered(CLIENT.id(), Clients.CREATED));
    }

    private void assertThatNothingIsStored() {
        assertThat(stores().clients().find(CLIENT.id())).isEmpty();
        assertThat(stores().registrations().find(REGISTRATION.id())).isEmpty();
        assertThat(stores().attempts().find(ATTEMPT.flowId())).isEmpty();
        assertThat(stores().grants().find(GRANT.id())).isEmpty();
        assertThat(stores().connectionRuns().start(CLIENT.id(), new RunId("run_2"), LONG))
                .isEqualTo(new ConnectionRuns.Start.Gone());
        assertThat(stores().revocations().take(9, 9, List.of(), LONG)).isEmpty();
        assertThat(stores().idempotencyKeys().find("key")).isEmpty();
        assertThat(stores().apiKeys().list()).isEmpty();
        assertThat(recorded(AuditFilter.ALL)).isEmpty();
    }

    /** Gives a reader the chance to see too much; one that must wait for the unit may do so. */
    private static void waitAMoment(CompletableFuture<?> reader) {
        assertThat(reader)
                .satisfiesAnyOf(
                        seen -> assertThat(seen).succeedsWithin(Duration.ofMillis(100)),
                        waits -> assertThat(waits).isNotCompletedExceptionally());
    }
}

package dev.mooring.application.port;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.mooring.application.Acting;
import dev.mooring.application.fixture.Events;
import dev.mooring.application.fixture.MutableClock;
import dev.mooring.application.port.EventHistory.Page;
import dev.mooring.domain.access.ApiKeyId;
import dev.mooring.domain.access.Caller;
import dev.mooring.domain.access.Role;
import dev.mooring.domain.audit.ActingParty;
import dev.mooring.domain.audit.Actor;
import dev.mooring.domain.audit.AdministrativeEvent;
import dev.mooring.domain.audit.AuditEntry;
import dev.mooring.domain.audit.AuditFilter;
import dev.mooring.domain.audit.AuditRecord;
import dev.mooring.domain.client.ClientId;
import dev.mooring.domain.lifecycle.ClientEvent;
import dev.mooring.domain.lifecycle.Problem;
import dev.mooring.domain.lifecycle.UpstreamEvent;

import org.junit.jupiter.api.Test;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/** What every {@link EventLog} and its {@link EventHistory} must keep. */
public abstract class EventLogContract extends StoreContract {
    private static final Instant AT = MutableClock.START;
    private static final ClientId FILES = new ClientId("id_of_files");
    private static final ClientId MAIL = new ClientId("id_of_mail");
    private static final ActingParty ADA =
            new ActingParty(
                    Actor.of(Caller.user("sub-7", "ada", Set.of(Role.ADMIN), false)),
                    Optional.of("2001:db8::7"),
                    Optional.of("req-1"));
    private static final ActingParty SWEEP = ActingParty.local(Actor.service("sweep"));

    private void append(ClientEvent... events) {
        for (ClientEvent event : events) {
            stores().events().append(event);
        }
    }

    private static List<String> types(List<AuditRecord> records) {
        return records.stream().map(each -> each.entry().type()).toList();
    }

    @Test
    void anEventOfAnyKindIsReadAsItWasTold() {
        List<AuditEntry> told = new ArrayList<>();
        for (ClientEvent event : Events.everyKind()) {
            stores().events().append(event);
            told.add(AuditEntry.of(event));
        }
        for (UpstreamEvent event : Events.everyFate()) {
            stores().events().append(event);
            told.add(AuditEntry.of(event));
        }
        for (AdministrativeEvent event : Events.everyAct()) {
            stores().events().append(event);
            told.add(AuditEntry.of(event));
        }
        assertThat(recorded(AuditFilter.ALL)).extracting(AuditRecord::entry).isEqualTo(told);
    }

    @Test
    void whoActsIsRecordedWithTheEvent() {
        Acting.as(ADA, () -> append(Events.registered(FILES, AT)));
        Acting.as(SWEEP, () -> append(Events.removed(FILES, AT)));
        append(Events.registered(FILES, AT));
        assertThat(recorded(AuditFilter.ALL))
                .extracting(AuditRecord::party)
                .containsExactly(ADA, SWEEP, ActingParty.UNKNOWN);
    }

    @Test
    void whatItsUnitOfWorkTakesBackNeverHappened() {
        assertThatThrownBy(() ->
                        stores().unitOfWork()
                                .run(() -> {
                                    append(Events.registered(FILES, AT));
                                    throw new IllegalStateException("no");
                                }))
                .hasMessage("no");
        assertThat(recorded(AuditFilter.ALL)).isEmpty();
    }

    @Test
    void eachFilterFindsItsOwn() {
        Acting.as(
                ADA,
                () ->
                        append(
                                Events.registered(FILES, AT),
                                Events.registered(MAIL, AT.plusSeconds(1))));
        Acting.as(
                SWEEP,
                () ->
                        append(
                                new ClientEvent.ClientConnectionFailed(
                                        FILES,
                                        Problem.Code.SERVER_UNREACHABLE,
                                        AT.plusSeconds(2))));
        stores().events()
                .append(
                        new AdministrativeEvent.ApiKeyDeleted(
                                new ApiKeyId("key_1"), "old", AT.plusSeconds(3)));

        assertThat(types(recorded(of(Optional.of(FILES), "", Set.of(), ""))))
                .containsExactly("client_registered", "client_connection_failed");
        assertThat(types(recorded(of(Optional.empty(), "ada", Set.of(), ""))))
                .containsExactly("client_registered", "client_registered");
        assertThat(
                        types(
                                recorded(
                                        AuditFilter.ofTypes(
                                                Set.of("api_key_deleted", "client_removed")))))
                .containsExactly("api_key_deleted");
        assertThat(types(recorded(of(Optional.empty(), "", Set.of(), "failed"))))
                .containsExactly("client_connection_failed");
        assertThat(types(recorded(between(AT.plusSeconds(1), AT.plusSeconds(3)))))
                .containsExactly("client_registered", "client_connection_failed");
    }

    private static AuditFilter of(
            Optional<ClientId> client, String actor, Set<String> types, String outcome) {
        return new AuditFilter(
                client,
                Optional.of(actor).filter(name -> !name.isEmpty()),
                types,
                Optional.of(outcome).filter(word -> !word.isEmpty()),
                Optional.empty(),
                Optional.empty());
    }

    private static AuditFilter between(Instant from, Instant to) {
        return new AuditFilter(
                Optional.empty(),
                Optional.empty(),
                Set.of(),
                Optional.empty(),
                Optional.of(from),
                Optional.of(to));
    }

    @Test
    void pagesMeetWithoutGapAndWithoutRepetition() {
        for (int i = 0; i < 5; i++) {
            append(Events.registered(new ClientId("id_" + i), AT));
        }
        List<AuditRecord> all = recorded(AuditFilter.ALL);

        Page first = stores().history().after(begin(), AuditFilter.ALL, 2);
        Page second = stores().history().after(first.upTo(), AuditFilter.ALL, 2);
        Page third = stores().history().after(second.upTo(), AuditFilter.ALL, 2);
        assertThat(first.records()).isEqualTo(all.subList(0, 2));
        assertThat(second.records()).isEqualTo(all.subList(2, 4));
        assertThat(third.records()).isEqualTo(all.subList(4, 5));
        assertThat(stores().history().after(third.upTo(), AuditFilter.ALL, 2).records()).isEmpty();

        List<AuditRecord> newest = stores().history().before(Long.MAX_VALUE, AuditFilter.ALL, 2);
        assertThat(newest).isEqualTo(all.subList(3, 5).reversed());
        assertThat(stores().history().before(newest.getLast().number(), AuditFilter.ALL, 2))
                .isEqualTo(all.subList(1, 3).reversed());
    }

    @Test
    void whatMatchesNothingIsPassedByForGood() {
        append(Events.registered(FILES, AT));
        Page page = stores().history().after(begin(), AuditFilter.ofTypes(Set.of("nothing")), 10);
        assertThat(page.records()).isEmpty();
        assertThat(page.upTo()).isEqualTo(recorded(AuditFilter.ALL).getLast().number());
    }

    @Test
    void onlyWhatIsOldIsForgotten() {
        Instant longAgo = AT.minus(Duration.ofDays(500));
        append(
                Events.registered(FILES, longAgo),
                new ClientEvent.ClientEdited(FILES, List.of(), longAgo),
                Events.removed(FILES, AT));
        Instant before = AT.minus(Duration.ofDays(400));
        assertThat(stores().history().forget(before, 1)).isEqualTo(1);
        assertThat(types(recorded(AuditFilter.ALL)))
                .containsExactly("client_edited", "client_removed");
        assertThat(stores().history().forget(before, 10)).isEqualTo(1);
        assertThat(stores().history().forget(before, 10)).isZero();
        assertThat(types(recorded(AuditFilter.ALL))).containsExactly("client_removed");
    }
}

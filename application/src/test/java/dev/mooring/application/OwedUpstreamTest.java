package dev.mooring.application;

import static org.assertj.core.api.Assertions.assertThat;

import dev.mooring.application.fixture.Attempts;
import dev.mooring.application.fixture.Eventually;
import dev.mooring.application.fixture.Grants;
import dev.mooring.application.fixture.Registrations;
import dev.mooring.application.port.AuthorizationServerDiscovery.ServerAnswer;
import dev.mooring.application.port.ClientRegistrar.Deletion;
import dev.mooring.application.port.DebtMeter;
import dev.mooring.application.port.DebtMeter.Result;
import dev.mooring.application.port.Outbox.Backlog;
import dev.mooring.application.port.RevocationEndpoint.Answer;
import dev.mooring.application.port.Script;
import dev.mooring.application.port.ScriptedDiscovery;
import dev.mooring.domain.audit.Actor;
import dev.mooring.domain.audit.AuditRecord;
import dev.mooring.domain.audit.Detail;
import dev.mooring.domain.audit.Outcome;
import dev.mooring.domain.client.ClientId;
import dev.mooring.domain.lifecycle.Deregistration;
import dev.mooring.domain.lifecycle.GrantId;
import dev.mooring.domain.lifecycle.Problem;
import dev.mooring.domain.lifecycle.Revocation;
import dev.mooring.domain.oauth.AuthorizationServer;

import org.junit.jupiter.api.Test;

import java.net.URI;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.concurrent.RejectedExecutionException;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/** What is owed to one server waits for no other, and the trail tells what became of it. */
class OwedUpstreamTest {
    private static final Problem AWAY =
            new Problem(Problem.Code.AUTHORIZATION_SERVER_UNREACHABLE, "as.example is away");
    private static final Problem UNWILLING =
            new Problem(Problem.Code.AUTHORIZATION_SERVER_BROKEN, "as.example will not");
    private static final Duration HALF_AN_HOUR = Duration.ofMinutes(30);
    private static final ClientId GONE = new ClientId("id_of_gone");

    private final InMemoryMooring mooring = new InMemoryMooring();

    @Test
    void aThousandOwedToADeadServerKeepNobodyWaiting() {
        owe(1000, "https://dead.example/revoke");
        List<Script.Hold> holds = holdAllPlaces();
        try {
            mooring.useCases().deliverRevocations().handle();
            holds.forEach(Script.Hold::awaitAsked);

            owe(1, "https://alive.example/revoke");
            for (int n = 0; n < 50; n++) {
                mooring.useCases().deliverRevocations().soon();
            }
            Eventually.holds("the other is delivered", () -> asked("alive") == 1);
            Eventually.holds("it is forgotten", () -> mooring.database().owed().size() == 1000);
            assertThat(asked("dead")).isEqualTo(WorkOff.AT_ONE_ORIGIN);
        } finally {
            holds.forEach(Script.Hold::release);
        }
        Eventually.holds("all is delivered", this::nothingIsOwed);
        assertThat(asked("dead")).isEqualTo(1000);
    }

    @Test
    void whatEndsMakesRoomForTheNext() {
        Eventually.holds(
                "one look is enough for more than there is room for",
                () -> {
                    owe(2 * WorkOff.AT_ONE_ORIGIN, "https://as.example/revoke");
                    List<Script.Hold> holds = holdAllPlaces();
                    mooring.useCases().deliverRevocations().handle();
                    holds.forEach(Script.Hold::awaitAsked);
                    holds.forEach(Script.Hold::release);
                    mooring.awaitBackground();
                    boolean atOnce = mooring.database().owed().isEmpty();
                    Eventually.holds("all is delivered", this::nothingIsOwed);
                    return atOnce;
                });
    }

    private List<Script.Hold> holdAllPlaces() {
        return IntStream.range(0, WorkOff.AT_ONE_ORIGIN)
                .mapToObj(n -> revocations().holdNext())
                .toList();
    }

    private boolean nothingIsOwed() {
        mooring.deliverRevocations();
        return mooring.database().owed().isEmpty();
    }

    @Test
    void whatANodeThatStopsCannotStartIsAtOnceForTheOthers() {
        owe(3, "https://as.example/revoke");
        UseCases stopping =
                mooring.node(
                        1,
                        task -> {
                            throw new RejectedExecutionException("stopping");
                        });
        stopping.deliverRevocations().handle();
        mooring.deliverRevocations();
        assertThat(asked("as")).isEqualTo(3);
        assertThat(mooring.database().owed()).isEmpty();
    }

    @Test
    void whatGoesWrongInAWayThatNobodyForesawStopsNothingAndEndsInTheTrail() {
        owe(3, "https://as.example/revoke");
        revocations()
                .always(revocation -> {
                    if (revocation.grant().equals(new GrantId("grant_0"))) {
                        throw new StackOverflowError("no");
                    }
                    return new Answer.Revoked();
                });
        for (int hour = 0; hour < 30; hour++) {
            mooring.deliverRevocations();
            mooring.clock().advance(Duration.ofHours(1));
        }
        assertThat(trail("revocation_delivered")).hasSize(2);
        assertThat(trail("revocation_given_up"))
                .singleElement()
                .satisfies(given -> {
                    assertThat(given.entry().outcome())
                            .isEqualTo(new Outcome.Failed("internal_error"));
                    assertThat(details(given)).containsEntry("grant_id", "grant_0");
                });
        assertThat(revocations().count()).isEqualTo(2 + 24);
        assertThat(mooring.database().owed()).isEmpty();
    }

    @Test
    void aServerThatAsksForPatienceIsLeftAloneAndNoTryIsLost() {
        owe(WorkOff.AT_ONE_ORIGIN + 3, "https://busy.example/revoke");
        busyFor(HALF_AN_HOUR);
        mooring.deliverRevocations();
        assertThat(asked("busy")).isEqualTo(WorkOff.AT_ONE_ORIGIN);

        owe(1, "https://alive.example/revoke");
        mooring.clock().advance(HALF_AN_HOUR.minusSeconds(1));
        mooring.deliverRevocations();
        assertThat(asked("busy")).isEqualTo(WorkOff.AT_ONE_ORIGIN);
        assertThat(asked("alive")).isEqualTo(1);

        for (int n = 0; n < 60; n++) {
            mooring.clock().advance(HALF_AN_HOUR);
            mooring.deliverRevocations();
        }
        assertThat(asked("busy")).isGreaterThan(100);
        assertThat(trail("revocation_given_up")).isEmpty();

        revocations().always(new Answer.Unavailable(AWAY, OptionalInt.of(500), Optional.empty()));
        mooring.clock().advance(HALF_AN_HOUR);
        mooring.deliverRevocations();
        assertThat(trail("revocation_given_up")).isEmpty();

        revocations().always(new Answer.Revoked());
        for (int n = 0; n < 3; n++) {
            mooring.clock().advance(HALF_AN_HOUR);
            mooring.deliverRevocations();
        }
        assertThat(trail("revocation_delivered")).hasSize(WorkOff.AT_ONE_ORIGIN + 4);
        assertThat(mooring.database().debtMeter().counts()).containsKey(Result.PAUSED);
    }

    @Test
    void patienceHasAnEnd() {
        owe(1, "https://busy.example/revoke");
        busyFor(Duration.ZERO);
        for (int n = 0; n < 8 * 24; n++) {
            mooring.deliverRevocations();
            mooring.clock().advance(Duration.ofHours(1));
        }
        assertThat(trail("revocation_given_up"))
                .singleElement()
                .satisfies(given -> assertThat(details(given)).containsEntry("status", "429"));
    }

    @Test
    void theTrailTellsWhoseTokensWereRevokedThoughTheClientIsGone() {
        ClientId files = mooring.connect("files").client();
        mooring.useCases().removeClient().handle(files);
        mooring.awaitBackground();

        assertThat(trail("grant_revoked"))
                .singleElement()
                .satisfies(ended -> assertThat(details(ended)).containsEntry("upstream", "owed"));
        assertThat(trail("revocation_delivered"))
                .singleElement()
                .satisfies(delivered -> {
                    assertThat(delivered.entry().client()).contains(files);
                    assertThat(delivered.entry().outcome()).isEqualTo(new Outcome.Success());
                    assertThat(delivered.party().actor()).isEqualTo(Actor.service("revocations"));
                    assertThat(details(delivered))
                            .containsKey("grant_id")
                            .containsEntry("origin", "https://as.example");
                });
    }

    @Test
    void theTrailDoesNotSayThatTokensAreRevokedWhereTheServerRevokesNone() {
        mooring.discovery().servers().always(new ServerAnswer.Found(withoutRevocation()));
        ClientId files = mooring.connect("files").client();
        mooring.useCases().removeClient().handle(files);
        mooring.awaitBackground();

        assertThat(trail("grant_revoked"))
                .singleElement()
                .satisfies(ended ->
                        assertThat(details(ended)).containsEntry("upstream", "unsupported"));
        assertThat(trail("revocation_delivered")).isEmpty();
    }

    @Test
    void theTrailTellsWhatAServerRefusesToRevoke() {
        owe(1, "https://as.example/revoke");
        revocations().next(new Answer.Refused(UNWILLING, OptionalInt.of(403)));
        mooring.deliverRevocations();

        assertThat(trail("revocation_given_up"))
                .singleElement()
                .satisfies(given -> {
                    assertThat(given.entry().client()).contains(GONE);
                    assertThat(given.entry().outcome())
                            .isEqualTo(new Outcome.Failed("authorization_server_broken"));
                    assertThat(details(given)).containsEntry("status", "403");
                });
        assertThat(mooring.database().debtMeter().counts())
                .containsExactly(Map.entry(Result.GIVEN_UP, 1));
    }

    @Test
    void theTrailTellsWhatBecameOfARegistration() {
        ClientId files = mooring.connect("files").client();
        assertThat(trail("registration_made"))
                .singleElement()
                .satisfies(made ->
                        assertThat(details(made))
                                .containsEntry("issuer", ScriptedDiscovery.ISSUER.value()));
        mooring.useCases().removeClient().handle(files);
        mooring.useCases().forgetRegistrations().handle();
        mooring.clock().advance(Duration.ofDays(1));
        mooring.useCases().forgetRegistrations().handle();
        mooring.useCases().forgetRegistrations().handle();
        assertThat(trail("registration_retired"))
                .singleElement()
                .satisfies(retired -> assertThat(details(retired)).containsEntry("cause", "idle"));

        mooring.clock().advance(Duration.ofHours(1));
        mooring.useCases().forgetRegistrations().handle();
        mooring.deleteRegistrations();
        assertThat(trail("registration_deleted"))
                .singleElement()
                .satisfies(deleted -> {
                    assertThat(details(deleted).get("registration_id"))
                            .isEqualTo(
                                    details(trail("registration_made").getFirst())
                                            .get("registration_id"));
                    assertThat(deleted.party().actor()).isEqualTo(Actor.service("deletions"));
                });
    }

    @Test
    void theTrailTellsWhichRegistrationStaysAtItsServer() {
        mooring.ports()
                .deregistrations()
                .add(
                        Deregistration.of(Registrations.managed("reg_1", ScriptedDiscovery.ISSUER))
                                .orElseThrow());
        mooring.registrar().deletions().next(new Deletion.Refused(UNWILLING, OptionalInt.of(405)));
        mooring.deleteRegistrations();
        assertThat(trail("registration_deletion_given_up"))
                .singleElement()
                .satisfies(given ->
                        assertThat(details(given))
                                .containsEntry("registration_id", "reg_1")
                                .containsEntry("status", "405"));
    }

    @Test
    void whoeverWatchesSeesHowMuchIsOwedAndForHowLong() {
        owe(2, "https://as.example/revoke");
        mooring.clock().advance(HALF_AN_HOUR);
        owe(1, "https://as.example/revoke");
        mooring.useCases().deliverRevocations().measure();
        mooring.useCases().deleteRegistrations().measure();
        assertThat(mooring.database().debtMeter().backlogs())
                .containsOnly(
                        Map.entry(DebtMeter.Kind.REVOCATION, new Backlog(3, HALF_AN_HOUR)),
                        Map.entry(DebtMeter.Kind.DELETION, new Backlog(0, Duration.ZERO)));
    }

    private static AuthorizationServer withoutRevocation() {
        AuthorizationServer usual = Attempts.server(ScriptedDiscovery.ISSUER);
        return new AuthorizationServer(
                usual.issuer(),
                usual.authorizationEndpoint(),
                usual.tokenEndpoint(),
                usual.registrationEndpoint(),
                Optional.empty(),
                usual.scopesSupported(),
                usual.tokenEndpointAuthMethods(),
                usual.assertionAlgorithms(),
                usual.grantTypesSupported(),
                usual.s256(),
                usual.issuerInResponse(),
                usual.metadataDocuments(),
                usual.dpopAlgorithms());
    }

    private void busyFor(Duration asked) {
        revocations()
                .always(revocation ->
                        revocation.revocationEndpoint().getHost().startsWith("busy")
                                ? new Answer.Unavailable(
                                        AWAY, OptionalInt.of(429), Optional.of(asked))
                                : new Answer.Revoked());
    }

    private void owe(int count, String endpoint) {
        mooring.database()
                .run(() ->
                        IntStream.range(0, count)
                                .forEach(
                                        n -> mooring.ports().revocations().add(owed(n, endpoint))));
    }

    private static Revocation owed(int n, String endpoint) {
        return new Revocation(
                Optional.of(GONE),
                new GrantId("grant_" + n),
                URI.create(endpoint),
                Registrations.publicCredentials("public-client"),
                Grants.tokens(n),
                Optional.empty(),
                Optional.empty());
    }

    private long asked(String name) {
        return revocations().questions().stream()
                .filter(asked -> asked.revocationEndpoint().getHost().startsWith(name))
                .count();
    }

    private Script<Revocation, Answer> revocations() {
        return mooring.revocationEndpoint().revocations();
    }

    private List<AuditRecord> trail(String type) {
        return mooring.database().trail().stream()
                .filter(each -> each.entry().type().equals(type))
                .toList();
    }

    private static Map<String, String> details(AuditRecord told) {
        return told.entry().details().stream()
                .collect(Collectors.toMap(Detail::name, OwedUpstreamTest::valueOf));
    }

    private static String valueOf(Detail detail) {
        return switch (detail) {
            case Detail.Text text -> text.value();
            case Detail.Count count -> Long.toString(count.value());
            case Detail.Words words -> words.values().toString();
        };
    }
}

package dev.mooring.application;

import static org.assertj.core.api.Assertions.assertThat;

import dev.mooring.application.fixture.Race;
import dev.mooring.application.fixture.Registrations;
import dev.mooring.application.fixture.SettingsBuilder;
import dev.mooring.application.port.ClientRegistrar.Answer;
import dev.mooring.application.port.ClientRegistrar.Deletion;
import dev.mooring.application.port.RegistrationStore;
import dev.mooring.application.port.Script;
import dev.mooring.application.port.ScriptedDiscovery;
import dev.mooring.application.port.ScriptedTokenEndpoint;
import dev.mooring.application.port.StoreUnavailableException;
import dev.mooring.application.port.TokenEndpoint;
import dev.mooring.domain.client.ClientId;
import dev.mooring.domain.lifecycle.Deregistration;
import dev.mooring.domain.lifecycle.Problem;
import dev.mooring.domain.lifecycle.Registration;
import dev.mooring.domain.lifecycle.RegistrationId;
import dev.mooring.domain.oauth.OAuthError;

import org.junit.jupiter.api.Test;

import java.time.Duration;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.concurrent.CompletableFuture;
import java.util.stream.IntStream;

/** Registrations of our own that nobody needs any more, here and at their servers. */
class ForgetRegistrationsTest {
    private static final Problem AWAY =
            new Problem(Problem.Code.AUTHORIZATION_SERVER_UNREACHABLE, "as.example is away");
    private static final Duration HOUR = Duration.ofHours(1);
    private static final Duration DAY = Duration.ofDays(1);

    private final InMemoryMooring mooring = new InMemoryMooring();
    private final UseCases useCases = mooring.useCases();
    private final RegistrationStore registrations = mooring.ports().registrations();

    @Test
    void allThatWereRetiredAnHourAgoAreForgottenAndTheOneInUseIsNot() {
        for (int n = 0; n < 250; n++) {
            registrations.keep(Registrations.managed("reg_" + n, ScriptedDiscovery.ISSUER));
            registrations.retire(new RegistrationId("reg_" + n));
        }
        mooring.connect("files");
        Registration.Dynamic serving = inUse().orElseThrow();
        mooring.clock().advance(HOUR.minusMinutes(1));
        sweep();
        assertThat(registrations.find(new RegistrationId("reg_0"))).isPresent();
        assertThat(deletions().count()).isZero();

        mooring.clock().advance(Duration.ofMinutes(1));
        sweep();
        assertThat(IntStream.range(0, 250).mapToObj(n -> new RegistrationId("reg_" + n)))
                .allSatisfy(id -> assertThat(registrations.find(id)).isEmpty());
        assertThat(registrations.find(serving.id())).contains(serving);
        assertThat(deletions().count()).isEqualTo(250);
    }

    @Test
    void whatTheLastClientLeavesIsDeletedAtTheServerADayLater() {
        ConsentLink link = mooring.connect("files");
        ConsentLink other = mooring.connect("mail");
        Registration.Dynamic registration = inUse().orElseThrow();
        useCases.removeClient().handle(link.client());
        sweepAfter(DAY.plus(HOUR));
        assertThat(inUse()).contains(registration);

        useCases.removeClient().handle(other.client());
        sweep();
        sweepAfter(DAY.minusMinutes(1));
        assertThat(inUse()).contains(registration);
        sweepAfter(Duration.ofMinutes(1));
        assertThat(inUse()).isEmpty();
        assertThat(deletions().count()).isZero();
        sweepAfter(HOUR);
        assertThat(registrations.find(registration.id())).isEmpty();
        assertThat(deletions().questions())
                .containsExactly(Deregistration.of(registration).orElseThrow());
        sweepAfter(DAY);
        assertThat(deletions().count()).isEqualTo(1);
    }

    @Test
    void whatIsUsedAgainInTimeStays() {
        ConsentLink link = mooring.register("files");
        mooring.clock().advance(HOUR);
        useCases.sweepAttempts().handle();
        sweep();
        mooring.clock().advance(DAY.minusMinutes(1));
        Registration.Dynamic registration = inUse().orElseThrow();
        assertThat(link(useCases.executeTool().handle("files-echo", "{}")).client())
                .isEqualTo(link.client());
        sweepAfter(Duration.ofMinutes(2));
        mooring.consent(mooring.reauthorize(link.client()));
        sweepAfter(DAY);
        sweepAfter(DAY);
        assertThat(inUse()).contains(registration);
    }

    @Test
    void whatTheServerForgotNeedsNoDeletion() {
        mooring.connect("files");
        RegistrationId forgotten = inUse().orElseThrow().id();
        refuseRefresh(OAuthError.INVALID_CLIENT);

        sweepAfter(DAY);
        assertThat(registrations.find(forgotten)).isEmpty();
        assertThat(deletions().count()).isZero();
    }

    @Test
    void aDeletionIsTriedAgainButNotForEver() {
        forgetWhatNobodyUses();
        deletions().always(new Deletion.Unavailable(AWAY, OptionalInt.empty(), Optional.empty()));
        for (int n = 0; n < 60; n++) {
            sweepAfter(HOUR);
        }
        assertThat(deletions().count()).isEqualTo(24);
    }

    @Test
    void aServerThatDeletesNothingIsAskedOnce() {
        forgetWhatNobodyUses();
        deletions().always(new Deletion.Refused(AWAY, OptionalInt.of(403)));
        for (int n = 0; n < 5; n++) {
            sweepAfter(HOUR);
        }
        assertThat(deletions().count()).isEqualTo(1);
    }

    @Test
    void ofTwoNodesThatRegisterAtOnceOneDidSoForNothing() {
        CompletableFuture<ConsentLink> slower;
        try (Script.Hold hold = mooring.registrar().registrations().holdNext()) {
            slower = Race.start(() -> mooring.register("files"));
            hold.awaitAsked();
            mooring.register("mail");
        }
        assertThat(Race.finish(slower).authorizeUrl().value()).contains("client_id=client-1");
        mooring.deleteRegistrations();
        assertThat(deletions().questions())
                .extracting(made -> made.management().accessToken().value())
                .containsExactly("registration-token-2");
    }

    @Test
    void aRegistrationThatIsOfNoUseIsDeleted() {
        Registration.Management management =
                Registrations.managed("reg_1", ScriptedDiscovery.ISSUER).management().orElseThrow();
        mooring.registrar().registrations().next(new Answer.Useless(AWAY, Optional.of(management)));
        assertThat(useCases.registerClient().handle(files()))
                .isEqualTo(new RegisterClient.Outcome.Failed(AWAY));
        mooring.deleteRegistrations();
        assertThat(deletions().questions())
                .extracting(Deregistration::management)
                .containsExactly(management);
    }

    @Test
    void aRegistrationIsHeldUntilTheStoreTakesIt() {
        UseCases raced =
                mooring.interrupted(
                        RegistrationStore.class,
                        "keep",
                        () -> {
                            throw new StoreUnavailableException("away for a moment", null);
                        });
        assertThat(raced.registerClient().handle(files()))
                .isInstanceOf(RegisterClient.Outcome.ConsentNeeded.class);
        assertThat(mooring.registrar().registrations().count()).isEqualTo(1);
    }

    @Test
    void whatIsForgottenMeanwhileIsNotBroughtBackByALink() {
        mooring.register("files");
        mooring.clock().advance(HOUR);
        useCases.sweepAttempts().handle();
        RegistrationId id = inUse().orElseThrow().id();
        Runnable forgetting =
                () -> {
                    registrations.retire(id);
                    mooring.clock().advance(HOUR);
                    useCases.forgetRegistrations().handle();
                };
        assertThat(
                        mooring.interrupted(RegistrationStore.class, "hold", forgetting)
                                .executeTool()
                                .handle("files-echo", "{}"))
                .isInstanceOf(ExecuteTool.Outcome.Failed.class);
        assertThat(registrations.find(id)).isEmpty();
        ConsentLink next = link(useCases.executeTool().handle("files-echo", "{}"));
        assertThat(next.authorizeUrl().value()).contains("client_id=client-2");
    }

    @Test
    void nothingIsRegisteredThroughWhatIsForgottenMeanwhile() {
        mooring.register("mail");
        RegistrationId id = inUse().orElseThrow().id();
        Runnable forgetting =
                () -> {
                    registrations.retire(id);
                    mooring.clock().advance(HOUR);
                    useCases.sweepAttempts().handle();
                    useCases.forgetRegistrations().handle();
                };
        assertThat(
                        mooring.interrupted(RegistrationStore.class, "hold", forgetting)
                                .registerClient()
                                .handle(files()))
                .isInstanceOf(RegisterClient.Outcome.Failed.class);
        assertThat(useCases.findClients().one(files().id().orElseThrow())).isEmpty();
    }

    private static RegisterClient.Command files() {
        return new RegisterClient.Command(
                Optional.of(new ClientId("id_of_files")),
                SettingsBuilder.oauth("files").build(),
                false,
                Optional.empty());
    }

    private static ConsentLink link(ExecuteTool.Outcome outcome) {
        return ((ExecuteTool.Outcome.ConsentNeeded) outcome).link();
    }

    /** It is refused, and again some minutes later. */
    private void refuseRefresh(OAuthError error) {
        mooring.clock().advance(ScriptedTokenEndpoint.TOKEN_LIFETIME);
        mooring.tokenEndpoint().refreshes().always(new TokenEndpoint.Answer.Refused(error));
        useCases.executeTool().handle("files-echo", "{}");
        mooring.clock().advance(Duration.ofMinutes(5));
        useCases.executeTool().handle("files-echo", "{}");
    }

    private void forgetWhatNobodyUses() {
        useCases.removeClient().handle(mooring.connect("files").client());
        sweep();
        sweepAfter(DAY);
    }

    private void sweepAfter(Duration time) {
        mooring.clock().advance(time);
        sweep();
    }

    private void sweep() {
        useCases.forgetRegistrations().handle();
        mooring.deleteRegistrations();
    }

    private Optional<Registration.Dynamic> inUse() {
        return registrations.dynamic(ScriptedDiscovery.ISSUER, Registrations.REDIRECT_URI);
    }

    private Script<Deregistration, Deletion> deletions() {
        return mooring.registrar().deletions();
    }
}

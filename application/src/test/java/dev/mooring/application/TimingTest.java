package dev.mooring.application;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.mooring.application.fixture.OAuthSettingsBuilder;
import dev.mooring.application.fixture.SettingsBuilder;
import dev.mooring.application.port.TokenEndpoint.Answer;
import dev.mooring.domain.client.ClientId;
import dev.mooring.domain.oauth.OAuthError;

import org.junit.jupiter.api.Test;

import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.locks.LockSupport;

class TimingTest {
    private static final Duration TOKEN_CALL = Duration.ofSeconds(2);
    private static final Duration CONNECTING = Duration.ofSeconds(5);

    @Test
    void aLeaseThatARunCouldOutliveIsRefused() {
        assertThatThrownBy(() -> leasedFor(Duration.ofSeconds(16)))
                .isInstanceOf(IllegalArgumentException.class);
        Timing tightest = leasedFor(Duration.ofSeconds(17));
        assertThat(tightest.run()).isLessThan(tightest.lease());
        assertThat(tightest.obtaining().plus(tightest.connecting()))
                .isLessThanOrEqualTo(tightest.run());
    }

    /** What asking for the grant takes is not there for connecting any more. */
    @Test
    void aRunHasOneBudget() {
        Timing timing = leasedFor(Duration.ofSeconds(17));
        InMemoryMooring mooring = new InMemoryMooring(InMemoryMooring.PROFILE, timing);
        ClientId machine = new ClientId("id_of_machine");
        mooring.tokenEndpoint()
                .directRequests()
                .next(new Answer.Refused(OAuthError.INVALID_CLIENT));
        mooring.useCases()
                .registerClient()
                .handle(
                        new RegisterClient.Command(
                                Optional.of(machine),
                                SettingsBuilder.oauth("machine")
                                        .oauthSettings(
                                                OAuthSettingsBuilder.clientCredentials().build())
                                        .build(),
                                true,
                                Optional.empty()));
        mooring.disable(machine, false);
        mooring.tokenEndpoint()
                .directRequests()
                .next(request -> {
                    takeAtLeast(TOKEN_CALL.plusMillis(500));
                    return new Answer.Issued(
                            mooring.tokenEndpoint()
                                    .issue(request.resource().orElseThrow(), request.scopes()));
                });
        mooring.clock().advance(ObtainGrant.AFTER_REFUSAL.first());
        mooring.useCases().completeAuthorization().handle(machine);

        assertThat(mooring.connector().budgets())
                .singleElement()
                .satisfies(
                        left -> assertThat(left).isLessThanOrEqualTo(CONNECTING.minusMillis(500)));
    }

    private static void takeAtLeast(Duration time) {
        long end = System.nanoTime() + time.toNanos();
        while (System.nanoTime() < end) {
            LockSupport.parkNanos(end - System.nanoTime());
        }
    }

    private static Timing leasedFor(Duration lease) {
        return new Timing(
                Timing.DEFAULT.consent(),
                Timing.DEFAULT.discovery(),
                TOKEN_CALL,
                CONNECTING,
                lease,
                Timing.DEFAULT.patience(),
                Timing.DEFAULT.expiryMargin());
    }
}

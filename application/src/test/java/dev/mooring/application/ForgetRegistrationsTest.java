package dev.mooring.application;

import static org.assertj.core.api.Assertions.assertThat;

import dev.mooring.application.fixture.MutableClock;
import dev.mooring.application.fixture.Registrations;
import dev.mooring.application.port.InMemoryDatabase;
import dev.mooring.application.port.InMemoryRegistrationStore;
import dev.mooring.application.port.RegistrationStore;
import dev.mooring.domain.lifecycle.Registration;
import dev.mooring.domain.lifecycle.RegistrationId;

import org.junit.jupiter.api.Test;

import java.time.Duration;
import java.util.stream.IntStream;

class ForgetRegistrationsTest {
    private final MutableClock clock = new MutableClock();
    private final RegistrationStore registrations =
            new InMemoryRegistrationStore(new InMemoryDatabase(clock));
    private final ForgetRegistrations forgetRegistrations = new ForgetRegistrations(registrations);

    @Test
    void allThatWereRetiredAnHourAgoAreForgottenAndTheOneInUseIsNot() {
        Registration.Dynamic serving = Registrations.dynamic("reg_serving");
        for (int n = 0; n < 250; n++) {
            retire("reg_" + n);
        }
        registrations.keep(serving);
        clock.advance(Duration.ofMinutes(59));
        forgetRegistrations.handle();
        assertThat(registrations.find(new RegistrationId("reg_0"))).isPresent();

        clock.advance(Duration.ofMinutes(1));
        forgetRegistrations.handle();
        assertThat(IntStream.range(0, 250).mapToObj(n -> new RegistrationId("reg_" + n)))
                .allSatisfy(id -> assertThat(registrations.find(id)).isEmpty());
        assertThat(registrations.find(serving.id())).contains(serving);
    }

    private void retire(String id) {
        registrations.keep(Registrations.dynamic(id));
        registrations.retire(new RegistrationId(id));
    }
}

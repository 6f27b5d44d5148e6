package dev.mooring.application.port;

import static org.assertj.core.api.Assertions.assertThat;

import dev.mooring.application.fixture.Clients;
import dev.mooring.application.fixture.Eventually;
import dev.mooring.application.fixture.Grants;
import dev.mooring.application.fixture.Race;
import dev.mooring.application.fixture.Registrations;
import dev.mooring.application.port.RevocationOutbox.Entry;
import dev.mooring.domain.client.ClientId;
import dev.mooring.domain.lifecycle.Grant;
import dev.mooring.domain.lifecycle.Registration;
import dev.mooring.domain.lifecycle.Revocation;
import dev.mooring.domain.oauth.DpopKey;

import org.junit.jupiter.api.Test;

import java.net.URI;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/** What every {@link RevocationOutbox} must keep. */
public abstract class RevocationOutboxContract extends StoreContract {
    private static final Registration REGISTRATION = Registrations.dynamic("reg_1");

    @Test
    void whatIsOwedComesBackAsItWas() {
        Grant bare =
                Grants.grant(
                        "grant_2", new ClientId("nobody"), 1, REGISTRATION, Grants.bareTokens());
        Revocation publicClient =
                new Revocation(
                        bare.id(),
                        URI.create("https://public.example/revoke?tenant=1"),
                        Registrations.publicCredentials("public-client"),
                        Grants.bound(bare.tokens()),
                        Optional.of(new DpopKey("key-1")),
                        Optional.of(Clients.TRUSTED_CA));
        outbox().add(revocation());
        outbox().add(publicClient);

        List<Entry> taken = outbox().take(10, LONG);
        assertThat(taken.stream().map(Entry::revocation).toList())
                .containsExactlyInAnyOrder(revocation(), publicClient);
        assertThat(taken).allMatch(entry -> entry.attempts() == 1);
    }

    @Test
    void whatIsTakenIsNotTakenByAnother() {
        outbox().add(revocation());
        assertThat(outbox().take(10, LONG)).hasSize(1);
        assertThat(outbox().take(10, LONG)).isEmpty();
    }

    @Test
    void noMoreIsTakenThanWasAskedFor() {
        for (int i = 0; i < 5; i++) {
            outbox().add(revocation());
        }
        assertThat(outbox().take(2, LONG)).hasSize(2);
        assertThat(outbox().take(10, LONG)).hasSize(3);
    }

    @Test
    void whoTakeAtOnceTakeDifferentOnes() {
        for (int i = 0; i < 32; i++) {
            outbox().add(revocation());
        }
        Set<Long> numbers = new HashSet<>();
        Race.of(8, runner -> outbox().take(4, LONG)).stream()
                .flatMap(List::stream)
                .forEach(entry -> assertThat(numbers.add(entry.number())).isTrue());
        outbox().take(32, LONG).forEach(entry -> assertThat(numbers.add(entry.number())).isTrue());
        assertThat(numbers).hasSize(32);
    }

    @Test
    void whatADeadNodeTookIsTakenAgain() {
        outbox().add(revocation());
        outbox().take(10, SHORT);
        Entry again = takenEventually();
        assertThat(again.revocation()).isEqualTo(revocation());
        assertThat(again.attempts()).isEqualTo(2);
    }

    @Test
    void whatIsDoneIsForgotten() {
        outbox().add(revocation());
        Entry entry = outbox().take(10, Duration.ZERO).getFirst();
        outbox().done(entry);
        outbox().done(entry);
        outbox().postpone(entry, Duration.ZERO);
        assertThat(outbox().take(10, LONG)).isEmpty();
    }

    @Test
    void whatIsPostponedIsNotTakenBeforeItsTime() {
        outbox().add(revocation());
        outbox().postpone(outbox().take(10, SHORT).getFirst(), LONG);
        outbox().add(revocation());
        outbox().postpone(outbox().take(10, LONG).getFirst(), SHORT);
        Entry due = takenEventually();
        assertThat(due.attempts()).isEqualTo(2);
        assertThat(outbox().take(10, LONG)).isEmpty();
    }

    @Test
    void whatIsPostponedForNoTimeIsDueAtOnce() {
        outbox().add(revocation());
        outbox().postpone(outbox().take(10, LONG).getFirst(), Duration.ZERO);
        assertThat(takenEventually().attempts()).isEqualTo(2);
    }

    private RevocationOutbox outbox() {
        return stores().revocations();
    }

    /** Of a client that is gone: nothing but this entry knows of it. */
    private static Revocation revocation() {
        return Grants.revocation(
                Grants.grant("grant_1", new ClientId("nobody"), 1, REGISTRATION, Grants.tokens(1)),
                REGISTRATION);
    }

    private Entry takenEventually() {
        List<Entry> taken = new ArrayList<>();
        Eventually.holds(
                "the entry is due",
                () -> {
                    taken.addAll(outbox().take(10, LONG));
                    return !taken.isEmpty();
                });
        assertThat(taken).hasSize(1);
        return taken.getFirst();
    }
}

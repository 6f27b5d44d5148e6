package dev.mooring.adapter.persistence;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.concurrent.atomic.AtomicLong;

/** How often a program that prints keys is run. */
class KeyRingTest {

    private static final String OLD = TestStores.randomKey("old");
    private static final String NEW = TestStores.randomKey("new");

    @TempDir private Path directory;
    private final AtomicLong nanos = new AtomicLong();
    private Path runs;
    private Path keys;
    private KeyRing ring;

    @BeforeEach
    void read() throws IOException {
        runs = directory.resolve("runs");
        keys = directory.resolve("keys");
        Files.writeString(keys, OLD);
        ring =
                KeyRing.read(
                        new KeyCommand(
                                "THE_SETTING",
                                List.of(
                                        "sh",
                                        "-c",
                                        "echo >> '%s'; cat '%s'".formatted(runs, keys))),
                        nanos::get);
    }

    @Test
    void whoeverMissesAKeyDoesNotRunTheProgram() throws IOException {
        assertThat(ring.find("new")).isEmpty();
        assertThat(runs()).isEqualTo(1);
    }

    @Test
    void whatWasMissedIsLookedForAtTheNextTurn() throws IOException {
        Files.writeString(keys, OLD + NEW);
        assertThat(ring.find("new")).isEmpty();

        ring.lookFor(Set.of());

        assertThat(ring.find("new")).isPresent();
        assertThat(runs()).isEqualTo(2);
    }

    @Test
    void theProgramIsNotRunWhileNothingIsMissing() throws IOException {
        ring.lookFor(Set.of("old"));
        ring.lookFor(Set.of());
        assertThat(runs()).isEqualTo(1);
    }

    @Test
    void aKeyThatIsNeverFoundIsLookedForMoreAndMoreSeldom() throws IOException {
        turns(Duration.ofHours(1), Set.of("lost"));
        // 5, 10, 20 ... seconds, and from then on every five minutes.
        assertThat(runs()).isBetween(10L, 25L);
    }

    @Test
    void anotherKeyIsNotKeptWaitingByOneThatIsNeverFound() throws IOException {
        turns(Duration.ofHours(1), Set.of("lost"));
        Files.writeString(keys, OLD + NEW);

        ring.lookFor(Set.of("lost", "new"));

        assertThat(ring.find("new")).isPresent();
    }

    private void turns(Duration time, Set<String> needed) {
        Duration interval = Duration.ofSeconds(5);
        for (Duration past = Duration.ZERO; past.compareTo(time) < 0; past = past.plus(interval)) {
            ring.lookFor(needed);
            nanos.addAndGet(interval.toNanos());
        }
    }

    private long runs() throws IOException {
        return Files.size(runs);
    }
}

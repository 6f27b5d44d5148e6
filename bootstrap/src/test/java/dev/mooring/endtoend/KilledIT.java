package dev.mooring.endtoend;

import static org.assertj.core.api.Assertions.assertThat;

import dev.mooring.endtoend.FaultPoint.Place;
import dev.mooring.endtoend.KillSweep.Leases;

import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;

/**
 * {@code kill -9} of a node, of PostgreSQL and of both, between any two steps of a client's life.
 * Afterwards no grant is lost, no code was sent twice, nothing hangs, and where nobody can know
 * what became of an answer, that is recognised and said.
 */
final class KilledIT {

    /** Another one makes another sweep: {@code -Dfaults.seed=…}. */
    private static final long SEED = Long.getLong("faults.seed", 20260711L);

    private static final int KILLS = Integer.getInteger("faults.kills", 216);

    @Test
    void aSampleOfKillsLosesNothing() throws Exception {
        try (KillSweep sweep = new KillSweep(SEED, 14, Leases.ENDED)) {
            FaultTable table = sweep.run(6, 6);

            show(table, "kills.txt");
            assertThat(table.troubles()).isEmpty();
            assertThat(table.kills()).isEqualTo(6);
            assertThat(table.points())
                    .containsExactlyElementsOf(
                            Arrays.stream(FaultPoint.values())
                                    .filter(point -> !point.step().isRare())
                                    .toList());
            // Else processes died, but not where they were to: that would prove little. How often
            // they stood there in time is a matter of the machine, and is wanted of the long sweep.
            assertThat(table.hits(Place.Change.class)).isPositive();
            assertThat(table.hits(Place.AtIssuer.class)).isPositive();
            assertThat(table.hits(Place.AtServer.class)).isPositive();
        }
    }

    /** All points, many times each; takes about half an hour. */
    @Test
    @Tag("faults")
    void hundredsOfKillsLoseNothing() throws Exception {
        try (KillSweep sweep = new KillSweep(SEED, 8, Leases.AWAITED)) {
            FaultTable table = sweep.run(KILLS, 36);

            show(table, "kills-in-full.txt");
            assertThat(table.troubles()).isEmpty();
            assertThat(table.kills()).isEqualTo(KILLS);
            assertThat(table.missed()).isEmpty();
            assertThat(table.hits(Place.Change.class)).isGreaterThan(0.5);
            assertThat(table.hits(Place.AtIssuer.class)).isGreaterThan(0.5);
            assertThat(table.hits(Place.AtServer.class)).isGreaterThan(0.5);
            // Otherwise the sweep would not have found the window that it is about.
            assertThat(table.ambiguous()).isPositive();
        }
    }

    private static void show(FaultTable table, String file) throws IOException {
        String text = "seed %d%n%s".formatted(SEED, table);
        System.out.println(text);
        Files.writeString(Path.of("target", file), text);
    }
}

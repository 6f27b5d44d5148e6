package dev.mooring.endtoend;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.mooring.endtoend.ApiClient.Reply;
import dev.mooring.endtoend.Mooring.Pending;
import dev.mooring.party.AuthorizationServerParty;
import dev.mooring.party.McpServerParty;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** A service whose own database has run out of room, on a file system made for that. */
final class FullDiskIT {

    private static final String MOUNTED = "mount -t tmpfs -o size=400m none \"$0\" && exec \"$@\"";

    private final Path data = SharedService.newDataDirectory();
    private final AuthorizationServerParty issuer = AuthorizationServerParty.start();
    private final McpServerParty server =
            McpServerParty.settings().protectedBy(issuer, "mcp:tools").start();
    private ServiceProcess service;
    private Mooring mooring;
    private Pending pending;
    private Path ballast;

    @BeforeEach
    void startAndFillTheDisk() throws Exception {
        List<String> inside = List.of("unshare", "-rm", "sh", "-c", MOUNTED, data.toString());
        assumeMountable(inside);
        service =
                ServiceProcess.startInside(
                        inside, data, Map.of("MOORING_ADMIN_KEY", "the-admin-key"));
        mooring = new Mooring(service.address(), "the-admin-key");
        pending = mooring.connect(server.endpoint());
        ballast = seen().resolve("ballast");
        fill(ballast);
    }

    @AfterEach
    void stop() {
        if (service != null) {
            mooring.close();
            service.close();
        }
        server.close();
        issuer.close();
    }

    @Test
    void aFullDiskIsSaidAndForgottenWhenThereIsRoomAgain() throws Exception {
        Reply refused = registerUntilRefused();
        // What was found out a moment ago is answered again for a second.
        Eventually.holds(
                "it is not ready", () -> mooring.api().get("/health/ready").status() != 200);
        Reply ready = mooring.api().get("/health/ready");
        Reply alive = mooring.api().get("/health/live");
        Files.delete(ballast);

        Envelope.isError(refused, 503, "store_unavailable");
        assertThat(refused.header("Retry-After")).isPresent();
        assertThat(refused.body()).contains("The disk of the database is full");
        Envelope.isError(ready, 503, "not_ready");
        assertThat(ready.body()).contains("\"database disk\":\"down\"");
        assertThat(alive.status()).isEqualTo(200);
        assertThat(said("The disk of the database is full")).isTrue();
        isAllRightAgain();
    }

    /** It may not even be able to start again while there is no room. */
    @Test
    @Tag("faults")
    void aDatabaseThatIsKilledOnAFullDiskComesBackWhenThereIsRoomAgain() throws Exception {
        registerUntilRefused();
        Postmaster.of(seen().resolve("postgres")).kill();
        Eventually.holds("it is said", () -> said("ended unexpectedly"));
        Reply alive = mooring.api().get("/health/live");
        Files.delete(ballast);

        assertThat(alive.status()).isEqualTo(200);
        isAllRightAgain();
    }

    private void isAllRightAgain() {
        Eventually.holds(
                "it is ready again",
                Duration.ofMinutes(2),
                () -> mooring.api().get("/health/ready").status() == 200);
        mooring.connect(server.endpoint());
        assertThat(mooring.echo(pending.name(), "still there").status()).isEqualTo(200);
    }

    /** The data directory, whose mount is the service's alone, as the kernel shows it to others. */
    private Path seen() {
        return Path.of("/proc", "" + service.process().pid(), "root")
                .resolve(data.toString().substring(1));
    }

    private boolean said(String words) {
        return service.log().stream().anyMatch(line -> line.contains(words));
    }

    /** Pages that were begun take some more. */
    private Reply registerUntilRefused() {
        Reply reply = mooring.api().post("/api/mcp/client", Mooring.request(server.endpoint()));
        for (int more = 0; more < 500 && reply.status() == 200; more++) {
            reply = mooring.api().post("/api/mcp/client", Mooring.request(server.endpoint()));
        }
        return reply;
    }

    private static void fill(Path ballast) throws IOException {
        byte[] some = new byte[4096];
        boolean full = false;
        try (OutputStream out = Files.newOutputStream(ballast)) {
            while (!full) {
                full = !writes(out, some);
            }
        }
    }

    private static boolean writes(OutputStream out, byte[] some) {
        try {
            out.write(some);
            return true;
        } catch (IOException full) {
            assertThat(full).hasMessageContaining("No space left");
            return false;
        }
    }

    /** A test that cannot run here says so where everybody reads it. */
    private static void assumeMountable(List<String> inside) throws Exception {
        List<String> command = new ArrayList<>(inside);
        command.add("true");
        boolean mountable =
                new ProcessBuilder(command)
                                .redirectErrorStream(true)
                                .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                                .start()
                                .waitFor()
                        == 0;
        if (!mountable) {
            System.out.println("LEFT OUT, because no small file system can be mounted here");
        }
        assumeTrue(mountable, "a small file system can be mounted");
    }
}

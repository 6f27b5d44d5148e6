package dev.mooring.adapter.persistence;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.tuple;

import dev.mooring.adapter.persistence.KeyRotation.Promotion;
import dev.mooring.adapter.persistence.KeyRotation.Rehearsal;
import dev.mooring.adapter.persistence.KeyRotation.Resealed;
import dev.mooring.adapter.persistence.KeyRotation.Retirement;
import dev.mooring.application.Acting;
import dev.mooring.application.fixture.Grants;
import dev.mooring.application.fixture.Registrations;
import dev.mooring.application.port.StoreUnavailableException;
import dev.mooring.domain.client.ClientId;
import dev.mooring.domain.lifecycle.Grant;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Deque;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.BooleanSupplier;

/** Rotations of keys beside nodes that serve, each node with a key file of its own. */
@Timeout(120)
class KeyRotationTest {

    @RegisterExtension static final TestDatabase DATABASE = new TestDatabase();

    private static final SecureRandom RANDOM = new SecureRandom();
    private static final ClientId CLIENT = new ClientId("id_of_connected");
    private static final String OLD = TestStores.randomKey("old");
    private static final String NEW = TestStores.randomKey("new");
    private static final String FORGET_KEYS =
            "delete from shared_secret; delete from encryption_key;"
                    + " delete from encryption_key_holder";
    private static final String AN_HOUR_LATER =
            "update encryption_key set since = since - interval '1 hour'";

    @TempDir private Path directory;
    private final Deque<TestStores> nodes = new ArrayDeque<>();
    private Administration administration;
    private TestStores node;
    private KeyFile file;

    @BeforeEach
    void fill() {
        file = keyFile("keys", OLD);
        node = node(file);
        new FilledStores(node.emptied());
        administration = Administration.open(DATABASE.access(), RANDOM);
    }

    @AfterEach
    void empty() {
        administration.close();
        node.emptied();
        node.execute(FORGET_KEYS);
        nodes.forEach(TestStores::close);
    }

    @Test
    void afterAChangeOfKeysTheOldKeyIsNotNeededAnyMore() {
        List<Object> before = FilledStores.everythingOf(node.stores());
        String shared = node.persistence().sharedSecret("test");
        KeyRotation rotation = rotation(file);
        String fresh = rotation.addTo(file);
        rotation.announce(fresh);
        node.persistence().keepKeysInStep();

        assertThat(rotation.makeCurrent(fresh)).isEqualTo(new Promotion.Done());
        node.persistence().keepKeysInStep();
        Resealed resealed = rotation.reseal(n -> {});
        node.execute(AN_HOUR_LATER);

        assertThat(resealed.resealed()).isGreaterThan(10);
        assertThat(resealed).isEqualTo(new Resealed(resealed.resealed(), 0, 0));
        assertThat(rotation.retire("old"))
                .isInstanceOf(Retirement.Done.class)
                .extracting("movedTo")
                .asString()
                .contains("keys.retired");
        assertThat(file.read().ids()).containsExactly(fresh);
        TestStores later = node(file);
        assertThat(FilledStores.everythingOf(later.stores())).isEqualTo(before);
        assertThat(later.persistence().sharedSecret("test")).isEqualTo(shared);
    }

    @Test
    void noKeyBecomesCurrentBeforeEveryNodeHasIt() {
        KeyFile elsewhere = keyFile("elsewhere", OLD);
        TestStores other = node(elsewhere);
        append(file, NEW);
        KeyRotation rotation = rotation(file);
        rotation.announce("new");
        node.persistence().keepKeysInStep();
        other.persistence().keepKeysInStep();

        assertThat(rotation.makeCurrent("new"))
                .isInstanceOfSatisfying(
                        Promotion.Lacking.class, lacking -> assertThat(lacking.nodes()).hasSize(1));
        node.persistence().keepKeysInStep();
        assertThat(sealedWith("new")).isZero();
        node.stores().grants().put(grant(7));
        assertThat(sealedWith("new")).isZero();

        append(elsewhere, NEW);
        TestStores otherAgain = node(elsewhere);
        other.close();
        nodes.remove(other);
        assertThat(rotation.makeCurrent("new")).isEqualTo(new Promotion.Done());
        otherAgain.persistence().keepKeysInStep();
        otherAgain.stores().grants().put(grant(8));
        assertThat(sealedWith("new")).isEqualTo(2);
    }

    @Test
    void aNodeThatMetAKeyItHasNotGotLooksIntoItsSourceAtItsNextTurn() {
        TestStores other = node(keyFile("elsewhere", OLD + NEW));
        node.execute("update encryption_key set standing = 'former'");
        node.execute("delete from encryption_key_holder");
        KeyRotation rotation = rotation(keyFile("both", OLD + NEW));
        assertThat(rotation.makeCurrent("new")).isEqualTo(new Promotion.Done());
        other.persistence().keepKeysInStep();
        other.stores().grants().put(grant(7));
        node.execute("update encryption_key set standing = 'former' where id = 'new'");
        assertThatThrownBy(() -> node.stores().grants().ofClient(CLIENT))
                .hasMessageContaining("sealed with the key new, which is not in");
        append(file, NEW);

        node.persistence().keepKeysInStep();

        assertThat(node.stores().grants().ofClient(CLIENT)).contains(grant(7));
    }

    @Test
    void aNodeThatFindsNoSuchKeySaysWhichOneItNeeds() {
        KeyRotation rotation = rotation(keyFile("both", OLD + NEW));
        node.execute("delete from encryption_key_holder");
        rotation.makeCurrent("new");
        rotation.reseal(n -> {});

        assertThatThrownBy(() -> node.stores().grants().ofClient(CLIENT))
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("sealed with the key new, which is not in");
        node.persistence().keepKeysInStep();
        assertThat(node.persistence().hasCurrentKey()).isFalse();
    }

    @Test
    void aRehearsalOpensEverySecretAndWritesNothing() {
        KeyRotation rotation = rotation(file);
        String before = fingerprintOfAllTables();

        Rehearsal rehearsal = rotation.rehearse(n -> {});

        assertThat(rehearsal.failed()).isZero();
        assertThat(rehearsal.opened()).containsOnlyKeys("old");
        assertThat(rehearsal.opened().get("old")).isEqualTo(rotation.status().secrets());
        assertThat(fingerprintOfAllTables()).isEqualTo(before);
    }

    @Test
    void aRehearsalTellsWhichSecretsDoNotOpen() {
        node.execute("update oauth_grant set access_token = refresh_token");
        Rehearsal rehearsal = rotation(file).rehearse(n -> {});
        assertThat(rehearsal.failed()).isEqualTo(1);
        assertThat(rehearsal.failures().getFirst()).contains("oauth_grant.access_token of grant_");
    }

    @Test
    void aRotationThatWasInterruptedGoesOnWhereItWas() {
        append(file, NEW);
        KeyRotation rotation = rotation(file);
        node.execute("delete from encryption_key_holder");
        rotation.makeCurrent("new");
        long all = rotation.status().secrets();

        assertThatThrownBy(() ->
                        rotation.reseal(n -> {
                            if (n > 10) {
                                throw new IllegalStateException("killed");
                            }
                        }))
                .hasMessage("killed");
        long done = sealedWith("new");
        assertThat(done).isBetween(1L, all - 1);

        assertThat(rotation(file).reseal(n -> {})).isEqualTo(new Resealed(all - done, 0, 0));
        assertThat(rotation.status().toReseal()).isZero();
    }

    @Test
    void aSecretThatDoesNotOpenStaysAsItIsAndHoldsNothingUp() {
        append(file, NEW);
        node.execute("update oauth_grant set access_token = refresh_token");
        KeyRotation rotation = rotation(file);
        node.execute("delete from encryption_key_holder");
        rotation.makeCurrent("new");
        long all = rotation.status().secrets();

        assertThat(rotation.reseal(n -> {})).isEqualTo(new Resealed(all - 1, 1, 0));
    }

    @Test
    void aNewerValueIsNeverOverwritten() {
        Database database = Database.open(DATABASE.access(), 2, RANDOM);
        try {
            SealedValues values = new SealedValues(database.unitOfWork());
            SealedValues.Stretch grants =
                    new SealedValues.Stretch(SealedColumn.GRANT_ACCESS_TOKEN, "", "zzz");
            node.stores().grants().put(grant(6));
            SealedValues.Sealed stale = values.read(grants).getFirst();
            node.stores().grants().put(grant(7));

            assertThat(values.replace(stale, new byte[] {1})).isFalse();

            assertThat(node.stores().grants().ofClient(CLIENT)).contains(grant(7));
        } finally {
            database.close();
        }
    }

    @Test
    void whatIsWrittenDuringARotationIsWhatIsThereAfterwards() throws Exception {
        append(file, NEW);
        KeyRotation rotation = rotation(file);
        rotation.announce("new");
        node.persistence().keepKeysInStep();
        AtomicBoolean rotated = new AtomicBoolean();
        try (ExecutorService writers = Executors.newVirtualThreadPerTaskExecutor()) {
            Future<Integer> writer =
                    writers.submit(() -> {
                        int written = 0;
                        while (!rotated.get()) {
                            node.stores().grants().put(grant(++written));
                            assertThat(node.stores().grants().ofClient(CLIENT))
                                    .contains(grant(written));
                        }
                        return written;
                    });
            for (String key : List.of("new", "old", "new", "old", "new")) {
                assertThat(rotation.makeCurrent(key)).isEqualTo(new Promotion.Done());
                rotation.reseal(n -> {});
                node.persistence().keepKeysInStep();
            }
            rotated.set(true);

            int written = writer.get();
            assertThat(rotation.reseal(n -> {}).left()).isZero();
            assertThat(node.stores().grants().ofClient(CLIENT)).contains(grant(written));
            assertThat(sealedWith("old")).isZero();
        }
    }

    @Test
    void whatSomebodyIsWritingIsLeftAndNobodyWaits() {
        append(file, NEW);
        KeyRotation rotation = rotation(file);
        node.execute("delete from encryption_key_holder");
        rotation.makeCurrent("new");
        node.execute("begin; select from oauth_grant for update");
        try {
            assertThat(rotation.reseal(n -> {}).left()).isPositive();
        } finally {
            node.execute("rollback");
        }
        assertThat(rotation.reseal(n -> {}).left()).isZero();
    }

    @Test
    void aNodeThatHasNotHeardOfTheNewKeySealsNothingBack() {
        append(file, NEW);
        KeyRotation rotation = rotation(file);
        rotation.announce("new");
        node.persistence().keepKeysInStep();
        rotation.makeCurrent("new");
        rotation.reseal(n -> {});

        node.persistence().reseal();

        assertThat(sealedWith("old")).isZero();
    }

    @Test
    void aKeyIsNotRetiredBeforeNobodyNeedsIt() {
        append(file, NEW);
        KeyRotation rotation = rotation(file);
        assertThat(rotation.retire("none")).isEqualTo(new Retirement.Unknown());
        assertThat(rotation.retire("old")).isEqualTo(new Retirement.Current());
        rotation.announce("new");
        node.persistence().keepKeysInStep();
        rotation.makeCurrent("new");
        assertThat(rotation.retire("old")).isInstanceOf(Retirement.InUse.class);
        node.persistence().keepKeysInStep();
        assertThat(rotation.retire("old"))
                .isEqualTo(new Retirement.Needed(rotation.status().secrets()));
        rotation.reseal(n -> {});
        assertThat(rotation.retire("old")).isInstanceOf(Retirement.TooEarly.class);
        assertThat(file.read().ids()).contains("old");
        node.execute(AN_HOUR_LATER);
        assertThat(rotation.retire("old")).isInstanceOf(Retirement.Done.class);
    }

    @Test
    void aKeyThatWasRetiredIsNeverTakenForOneThatWasNeverUsed() {
        KeyText both = new KeyText("THE_SETTING", OLD + NEW);
        retireOld(both);

        KeyRotation later = rotation(both);
        assertThat(later.candidates()).isEmpty();
        assertThatThrownBy(() -> later.makeCurrent("old"))
                .isInstanceOf(DatabaseUnusableException.class)
                .hasMessageContaining("The encryption key old was retired");
        assertThat(later.retire("old")).isEqualTo(new Retirement.Done(Optional.empty()));
        assertThat(later.status().keys())
                .extracting(KeyRotation.Key::standing)
                .containsExactly(
                        Optional.of(KeyStanding.CURRENT), Optional.of(KeyStanding.RETIRED));
        assertThatCode(() -> node(new KeyText("THE_SETTING", NEW))).doesNotThrowAnyException();
    }

    @Test
    void aRetirementThatDiedBeforeTheFileWasChangedCanBeCalledAgain() {
        append(file, NEW);
        retireOld(new KeyText("THE_SETTING", OLD + NEW));

        assertThat(rotation(file).retire("old")).isInstanceOf(Retirement.Done.class);

        assertThat(file.read().ids()).containsExactly("new");
    }

    @Test
    void aKeyThatBecomesCurrentWhileItIsRetiredStays() throws Exception {
        append(file, NEW);
        makeNewCurrent(rotation(file));
        node.execute(AN_HOUR_LATER);
        try (ExecutorService operators = Executors.newVirtualThreadPerTaskExecutor()) {
            KeyRotation rotation = rotation(file);
            node.execute("begin; lock table encryption_key in share row exclusive mode");
            Future<Retirement> retirement = operators.submit(() -> rotation.retire("old"));
            assertThat(eventually(this::somebodyWaits)).isTrue();
            node.execute("update encryption_key set standing = 'former'");
            node.execute("update encryption_key set standing = 'current' where id = 'old'");
            node.execute("commit");

            assertThat(retirement.get()).isEqualTo(new Retirement.Current());
        }
        assertThat(file.read().ids()).contains("old");
    }

    @Test
    void anotherKeyOfTheSameIdIsNotTheKey() {
        TestStores other = node(keyFile("elsewhere", OLD + TestStores.randomKey("new")));
        append(file, NEW);
        KeyRotation rotation = rotation(file);
        rotation.announce("new");
        node.persistence().keepKeysInStep();
        other.persistence().keepKeysInStep();

        assertThat(rotation.makeCurrent("new"))
                .isInstanceOfSatisfying(
                        Promotion.Lacking.class, lacking -> assertThat(lacking.nodes()).hasSize(1));
    }

    @Test
    void whoHasAnotherKeyOfTheSameIdSealsNothingWithIt() {
        append(file, NEW);
        KeyRotation right = rotation(file);
        node.execute("delete from encryption_key_holder");
        right.makeCurrent("new");

        KeyRotation wrong = rotation(keyFile("wrong", OLD + TestStores.randomKey("new")));

        for (Runnable command :
                List.<Runnable>of(
                        () -> wrong.announce("new"),
                        () -> wrong.makeCurrent("old"),
                        () -> wrong.reseal(n -> {}))) {
            assertThatThrownBy(command::run)
                    .isInstanceOf(DatabaseUnusableException.class)
                    .hasMessageContaining("The encryption key new in THE_SETTING")
                    .hasMessageContaining("is not the key new");
        }
        assertThat(sealedWith("new")).isZero();
        assertThat(wrong.status().keys())
                .extracting(KeyRotation.Key::here)
                .containsExactly(KeyRotation.Here.DIFFERS, KeyRotation.Here.YES);
    }

    @Test
    void whoHasNotGotTheCurrentKeyIsToldWhichOneIsMissing() {
        makeNewCurrent(rotation(keyFile("both", OLD + NEW)));

        assertThatThrownBy(() -> rotation(file).reseal(n -> {}))
                .isInstanceOf(DatabaseUnusableException.class)
                .hasMessageContaining("The encryption key new is current, and THE_SETTING");
    }

    /** Whoever waits for the source holds a connection meanwhile, and there are few. */
    @Test
    void nobodyWhoReadsASecretWaitsForTheSource() throws IOException {
        Path runs = directory.resolve("runs");
        KeyCommand command =
                new KeyCommand(
                        "THE_SETTING",
                        List.of(
                                "sh",
                                "-c",
                                "echo x >> '%s'; cat '%s'".formatted(runs, file.path())));
        TestStores asking = node(command);
        makeNewCurrent(rotation(keyFile("both", OLD + NEW)));
        long before = Files.size(runs);

        for (int read = 0; read < 3; read++) {
            assertThatThrownBy(() ->
                            asking.persistence()
                                    .unitOfWork()
                                    .execute(() -> asking.stores().grants().ofClient(CLIENT)))
                    .hasMessageContaining("sealed with the key new, which is not in");
        }
        assertThat(Files.size(runs)).isEqualTo(before);

        append(file, NEW);
        asking.persistence().keepKeysInStep();
        assertThat(asking.stores().grants().ofClient(CLIENT)).isPresent();
    }

    /** A process that is stopped for minutes, a machine that is moved. */
    @Test
    void aNodeThatSleptThroughAChangeOfKeysWritesWithTheCurrentKeyWhenItWakes() {
        KeyFile itsOwn = keyFile("its own", OLD);
        TestStores sleeper = node(itsOwn);
        append(file, NEW);
        retireOldWithoutWaitingForAnybody();
        append(itsOwn, NEW);

        sleeper.persistence().unitOfWork().run(() -> sleeper.stores().grants().put(grant(7)));

        assertThat(sealedWith("old")).isZero();
        TestStores later = node(keyFile("later", NEW));
        assertThat(later.stores().grants().ofClient(CLIENT)).contains(grant(7));
    }

    @Test
    void aNodeThatWakesWithoutTheCurrentKeyWritesNothingThatWouldBeLost() {
        KeyFile itsOwn = keyFile("its own", OLD);
        TestStores sleeper = node(itsOwn);
        append(file, NEW);
        retireOldWithoutWaitingForAnybody();

        assertThatThrownBy(() -> sleeper.stores().grants().put(grant(7)))
                .isInstanceOf(StoreUnavailableException.class)
                .hasMessageContaining("a key that was retired");
        assertThat(sealedWith("old")).isZero();

        append(itsOwn, NEW);
        assertThat(
                        eventually(() -> {
                            sleeper.persistence().keepKeysInStep();
                            return sleeper.persistence().hasCurrentKey();
                        }))
                .isTrue();
        sleeper.stores().grants().put(grant(7));
        assertThat(sleeper.stores().grants().ofClient(CLIENT)).contains(grant(7));
    }

    @Test
    void aWriteWithAFormerKeyThatIsUnderWayIsWaitedForAndCounted() throws Exception {
        TestStores late = node(keyFile("late", OLD + NEW));
        append(file, NEW);
        makeNewCurrent(rotation(file));
        node.execute(AN_HOUR_LATER);
        CountDownLatch written = new CountDownLatch(1);
        CountDownLatch awake = new CountDownLatch(1);
        try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
            Future<?> write =
                    threads.submit(() ->
                            late.persistence()
                                    .unitOfWork()
                                    .run(() -> {
                                        late.stores().grants().put(grant(7));
                                        written.countDown();
                                        await(awake);
                                    }));
            await(written);
            KeyRotation rotation = rotation(file);
            Future<Retirement> retirement = threads.submit(() -> rotation.retire("old"));
            assertThat(eventually(this::somebodyWaits)).isTrue();
            awake.countDown();

            write.get();
            assertThat(retirement.get()).isInstanceOf(Retirement.Needed.class);
        }
        assertThat(rotation(file).reseal(n -> {}).left()).isZero();
        assertThat(rotation(file).retire("old")).isInstanceOf(Retirement.Done.class);
    }

    @Test
    void aPreviousVersionSeesACollisionWhereItsKeyWasRetired() {
        append(file, NEW);
        String sealed =
                node.query("select encode(access_token, 'hex') from oauth_grant").getFirst();
        retireOldWithoutWaitingForAnybody();

        assertThatThrownBy(() ->
                        node.execute(
                                "update oauth_grant set access_token = decode('%s', 'hex')"
                                        .formatted(sealed)))
                .hasRootCauseInstanceOf(SQLException.class)
                .rootCause()
                .extracting(cause -> ((SQLException) cause).getSQLState())
                .isEqualTo("40001");
    }

    /** A migration that adds such a column adds its trigger. */
    @Test
    void everySealedColumnIsGuardedAgainstRetiredKeys() {
        assertThat(
                        node.query(
                                """
                                select event_object_table || '.' || event_object_column
                                from information_schema.triggered_update_columns
                                where trigger_name = event_object_table || '_sealed' order by 1
                                """))
                .isEqualTo(
                        Arrays.stream(SealedColumn.values())
                                .map(SealedColumn::toString)
                                .sorted()
                                .toList());
        assertThat(
                        node.query(
                                """
                                select event_object_table from information_schema.triggers
                                where trigger_name = event_object_table || '_sealed'
                                  and event_manipulation = 'INSERT' order by 1
                                """))
                .isEqualTo(
                        Arrays.stream(SealedColumn.values())
                                .map(SealedColumn::table)
                                .distinct()
                                .sorted()
                                .toList());
    }

    private void retireOldWithoutWaitingForAnybody() {
        node.execute("update encryption_key_holder set seen_at = seen_at - interval '5 minutes'");
        KeyRotation rotation = rotation(keyFile("both", OLD + NEW));
        assertThat(rotation.makeCurrent("new")).isEqualTo(new Promotion.Done());
        assertThat(rotation.reseal(n -> {}).left()).isZero();
        node.execute(AN_HOUR_LATER);
        assertThat(rotation.retire("old")).isInstanceOf(Retirement.Done.class);
    }

    private static boolean eventually(BooleanSupplier condition) {
        return Patience.ask(
                        Duration.ofSeconds(60),
                        () -> Optional.of(true).filter(yes -> condition.getAsBoolean()))
                .isPresent();
    }

    private static void await(CountDownLatch latch) {
        try {
            assertThat(latch.await(60, TimeUnit.SECONDS)).isTrue();
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    private void retireOld(KeySource source) {
        makeNewCurrent(rotation(source));
        node.execute(AN_HOUR_LATER);
        assertThat(rotation(source).retire("old")).isEqualTo(new Retirement.Done(Optional.empty()));
    }

    /** Where no node serves. */
    private void makeNewCurrent(KeyRotation rotation) {
        node.execute("delete from encryption_key_holder");
        assertThat(rotation.makeCurrent("new")).isEqualTo(new Promotion.Done());
        assertThat(rotation.reseal(n -> {}).left()).isZero();
    }

    private boolean somebodyWaits() {
        return node.query("select count(*) from pg_locks where not granted").equals(List.of("1"));
    }

    @Test
    void aLostKeyIsSaidAtTheStartWithWhatItWasNeededFor() {
        long secrets = rotation(file).status().secrets();
        assertThatThrownBy(() -> node(keyFile("lost", NEW)))
                .isInstanceOf(DatabaseUnusableException.class)
                .hasMessageContaining("The encryption key old is missing")
                .hasMessageContaining(secrets + " stored secrets are sealed with it")
                .hasMessageContaining("THE_SETTING")
                .hasMessageContaining("has only new. Put the missing one back");
    }

    @Test
    void anAnnouncedKeyThatIsMissingHoldsNoStartUp() {
        append(file, NEW);
        rotation(file).announce("new");
        assertThatCode(() -> node(keyFile("elsewhere", OLD))).doesNotThrowAnyException();
    }

    @Test
    void theStatusTellsWhatNeedsWhichKeyAndWhoServes() {
        append(file, NEW);
        KeyRotation.Status status = rotation(file).status();

        assertThat(status.keys())
                .extracting(KeyRotation.Key::id, KeyRotation.Key::standing)
                .containsExactly(
                        tuple("new", Optional.empty()),
                        tuple("old", Optional.of(KeyStanding.CURRENT)));
        assertThat(status.nodes()).extracting(KeyRotation.Node::sealingKey).containsExactly("old");
        assertThat(status.nodes().getFirst().process())
                .contains("process " + ProcessHandle.current().pid());
        assertThat(status.silent()).isEmpty();
        assertThat(status.secrets()).isGreaterThan(10);
        KeyRotation.Key old = status.keys().getLast();
        assertThat(old.secrets()).isEqualTo(status.secrets());
        assertThat(old.secretsIn()).containsEntry("webhook", 2L).containsKey("oauth_grant");
    }

    @Test
    void theStatusTellsWhoIsSilentAndWhatStandsInTheWayOfRetiringAKey() {
        append(file, NEW);
        KeyRotation rotation = rotation(file);
        node.execute("update encryption_key_holder set seen_at = seen_at - interval '5 minutes'");
        KeyRotation.Status status = rotation.status();
        assertThat(status.nodes()).isEmpty();
        assertThat(status.silent())
                .singleElement()
                .satisfies(silent -> {
                    assertThat(silent.sealingKey()).isEqualTo("old");
                    assertThat(silent.silence()).isGreaterThan(Duration.ofMinutes(4));
                });
        assertThat(rotation.hindrance("old")).contains(new Retirement.Current());

        rotation.makeCurrent("new");
        assertThat(rotation.hindrance("old")).contains(new Retirement.Needed(status.secrets()));
        rotation.reseal(n -> {});
        node.execute(AN_HOUR_LATER);
        assertThat(rotation.hindrance("old")).isEmpty();
    }

    @Test
    void aNodeThatIsClosedIsNotWaitedFor() {
        TestStores other = node(keyFile("elsewhere", OLD));
        assertThat(rotation(file).status().nodes()).hasSize(2);
        other.close();
        nodes.remove(other);
        assertThat(rotation(file).status().nodes()).hasSize(1);
    }

    private KeyRotation rotation(KeySource source) {
        return administration.keys(source, Acting::current, RANDOM);
    }

    private TestStores node(KeySource source) {
        TestStores opened = TestStores.open(DATABASE, source);
        nodes.push(opened);
        return opened;
    }

    private KeyFile keyFile(String name, String keys) {
        Path path = directory.resolve(name);
        try {
            Files.writeString(path, keys);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return new KeyFile("THE_SETTING", path);
    }

    private static void append(KeyFile file, String keys) {
        try {
            Files.writeString(file.path(), Files.readString(file.path()) + keys);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static Grant grant(int number) {
        return Grants.grant(
                "grant_again",
                CLIENT,
                1,
                Registrations.dynamic("reg_dynamic"),
                Grants.tokens(number));
    }

    private long sealedWith(String key) {
        return rotation(keyFile("all", OLD + NEW)).status().keys().stream()
                .filter(one -> one.id().equals(key))
                .mapToLong(KeyRotation.Key::secrets)
                .sum();
    }

    private String fingerprintOfAllTables() {
        StringBuilder all = new StringBuilder();
        for (SealedColumn column : SealedColumn.values()) {
            all.append(
                    node.query(
                            "select md5(cast(t as text)) from %s t order by 1"
                                    .formatted(column.table())));
        }
        return all.toString();
    }
}

package dev.mooring.adapter.persistence;

import static java.lang.System.Logger.Level.ERROR;
import static java.util.stream.Collectors.joining;
import static java.util.stream.Collectors.toSet;

import dev.mooring.domain.audit.ActingParty;
import dev.mooring.domain.audit.Actor;
import dev.mooring.domain.audit.AdministrativeEvent.EncryptionKeyMadeCurrent;

import java.time.Duration;
import java.time.Instant;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.random.RandomGenerator;

/**
 * Which encryption keys the stored secrets need and which one is current, in the table {@code
 * encryption_key}: ids and one-way fingerprints. A wrong key would otherwise be noticed only when
 * the first secret is needed, and what it sealed until then would be lost to the right one. Beside
 * it the table {@code encryption_key_holder}, in which every node that serves says which keys it
 * has, so that no key becomes current before all have it.
 */
final class EncryptionKeyTable {

    private static final System.Logger LOG = System.getLogger(EncryptionKeyTable.class.getName());

    /** Two nodes that start with different keys must not both find the table empty. */
    private static final String LOCK = "lock table encryption_key in share row exclusive mode";

    private static final String NOW = "select clock_timestamp() as now";

    private static final String READ =
            """
            select id, fingerprint,
                   case when retired_at is null then standing else 'retired' end as standing,
                   cast(extract(epoch from clock_timestamp() - since) * 1000 as bigint) as age_ms
            from encryption_key order by since, id
            """;

    private static final String DEMOTE =
            """
            update encryption_key set standing = 'former', since = clock_timestamp()
            where standing = 'current' and id <> :id
            """;

    private static final String PUT =
            """
            insert into encryption_key (id, fingerprint, standing)
            values (:id, :fingerprint, :standing)
            on conflict (id) do update set standing = excluded.standing, since = clock_timestamp()
            where encryption_key.standing <> excluded.standing
            """;

    private static final String ANNOUNCE =
            """
            insert into encryption_key (id, fingerprint, standing)
            values (:id, :fingerprint, 'announced') on conflict (id) do nothing
            """;

    /**
     * Waits for writes with this key that are under way, and lets later ones wait: they look at
     * this row as well.
     */
    private static final String LOCK_KEY =
            "select id from encryption_key where id = :id for update";

    /** It stays with its fingerprint, as its source may have it for long. */
    private static final String RETIRE =
            """
            update encryption_key set standing = 'former', retired_at = clock_timestamp()
            where id = :id and standing <> 'current' and retired_at is null
            """;

    private static final String HOLD =
            """
            insert into encryption_key_holder (
                node, process, key_ids, key_fingerprints, sealing_key, seen_at)
            values (:node, coalesce(host(inet_client_addr()), 'local') || ', process ' || cast(:pid as text),
                    :key_ids, :key_fingerprints, :sealing_key, clock_timestamp())
            on conflict (node) do update set
                key_ids = excluded.key_ids, key_fingerprints = excluded.key_fingerprints,
                sealing_key = excluded.sealing_key, seen_at = excluded.seen_at
            """;

    private static final String LEAVE = "delete from encryption_key_holder where node = :node";

    private static final String SWEEP =
            """
            delete from encryption_key_holder
            where seen_at < clock_timestamp() - interval '1 hour'
            """;

    private static final String HOLDERS =
            """
            select process, coalesce(key_fingerprints, key_ids) as held, sealing_key,
                   cast(extract(epoch from clock_timestamp() - seen_at) * 1000 as bigint)
                       as silent_ms
            from encryption_key_holder order by process, node
            """;

    /** How long after its last word a node counts as gone; many times the interval between two. */
    private static final Duration ALIVE = Duration.ofSeconds(30);

    private final JdbcUnitOfWork unitOfWork;
    private final Statements statements;
    private final SealedValues values;
    private final KeyRing ring;
    private final String node;

    /**
     * A key that the database knows.
     *
     * @param fingerprint in hexadecimal
     * @param age how long it has had its standing
     */
    record StoredKey(String id, String fingerprint, KeyStanding standing, Duration age) {}

    /**
     * A node that serves, and what it said of its keys.
     *
     * @param held its keys as {@code id:fingerprint}, or their ids if its version tells no more
     * @param silence since its last word
     */
    record Holder(String process, Set<String> held, String sealingKey, Duration silence) {
        static Holder read(Row row) {
            return new Holder(
                    row.text("process"),
                    Set.of(row.text("held").split(" ")),
                    row.text("sealing_key"),
                    Duration.ofMillis(row.number("silent_ms")));
        }

        boolean isAlive() {
            return silence.compareTo(ALIVE) < 0;
        }

        boolean has(String id, String fingerprint) {
            return held.contains(id) || held.contains(id + ":" + fingerprint);
        }
    }

    EncryptionKeyTable(
            JdbcUnitOfWork unitOfWork, SealedValues values, KeyRing ring, RandomGenerator random) {
        this.unitOfWork = unitOfWork;
        this.statements = new Statements(unitOfWork);
        this.values = values;
        this.ring = ring;
        byte[] id = new byte[8];
        random.nextBytes(id);
        this.node = HexFormat.of().formatHex(id);
    }

    /**
     * Compares the keys we have with those this database was used with, and joins the nodes. In a
     * database that was used with none the first of ours becomes current.
     *
     * @throws DatabaseUnusableException naming the key that is missing or is another one, and what
     *     needs it
     */
    void join() {
        lookForWhatIsMissing(stored());
        unitOfWork.run(() -> {
            lock();
            List<StoredKey> stored = stored();
            requireTheSame(stored);
            requireAllThatAreNeeded(stored);
            Optional<StoredKey> current = current(stored);
            current.ifPresentOrElse(key -> ring.sealWith(key.id()), this::putFirst);
            hold();
        });
    }

    private void putFirst() {
        put(ring.currentId(), KeyStanding.CURRENT);
        Instant now = statements.one(NOW, new Columns()).orElseThrow().time("now");
        new JdbcEventLog(unitOfWork, () -> ActingParty.local(Actor.service("first start")))
                .append(new EncryptionKeyMadeCurrent(ring.currentId(), now));
    }

    /**
     * Looks which key is current, seals with it from now on, and tells which keys this node has.
     * What is missing is looked for in the source first. Called every few seconds.
     */
    void keepInStep() {
        List<StoredKey> stored = stored();
        lookForWhatIsMissing(stored);
        stored.forEach(this::complain);
        current(stored).filter(this::isOurs).ifPresent(key -> ring.sealWith(key.id()));
        hold();
        statements.change(SWEEP, new Columns());
    }

    /** Former keys are looked for when a secret is met that needs one. */
    private void lookForWhatIsMissing(List<StoredKey> stored) {
        ring.lookFor(
                stored.stream()
                        .filter(key ->
                                switch (key.standing()) {
                                    case ANNOUNCED, CURRENT -> true;
                                    case FORMER, RETIRED -> false;
                                })
                        .map(StoredKey::id)
                        .collect(toSet()));
    }

    private void complain(StoredKey key) {
        if (differs(key)) {
            LOG.log(ERROR, notTheSame(key));
        } else if (key.standing() == KeyStanding.CURRENT && !isOurs(key)) {
            LOG.log(
                    ERROR,
                    "The encryption key {0} is current and this node has not got it: put it into"
                            + " {1}",
                    key.id(),
                    ring.sourceName());
        }
    }

    /** Whether this node has the key that is current, and so can open what others write. */
    boolean hasCurrent() {
        return current(stored()).filter(this::isOurs).isPresent();
    }

    /** This node does not serve any more. */
    void leave() {
        statements.change(LEAVE, new Columns().with("node", node));
    }

    private void hold() {
        EncryptionKeys keys = ring.keys();
        statements.change(
                HOLD,
                new Columns()
                        .with("node", node)
                        .with("pid", Long.toString(ProcessHandle.current().pid()))
                        .with("key_ids", String.join(" ", keys.ids()))
                        .with(
                                "key_fingerprints",
                                keys.ids().stream()
                                        .map(id -> id + ":" + fingerprint(keys, id).orElseThrow())
                                        .collect(joining(" ")))
                        .with("sealing_key", ring.currentId()));
    }

    /** All keys, in the order in which they came to their standing. */
    List<StoredKey> stored() {
        return statements.all(READ, new Columns()).stream()
                .map(row ->
                        new StoredKey(
                                row.text("id"),
                                HexFormat.of().formatHex(row.bytes("fingerprint")),
                                StoredWord.parse(KeyStanding.class, row.text("standing")),
                                Duration.ofMillis(row.number("age_ms"))))
                .toList();
    }

    static Optional<StoredKey> current(List<StoredKey> stored) {
        return stored.stream().filter(key -> key.standing() == KeyStanding.CURRENT).findFirst();
    }

    /** The nodes that serve now. */
    List<Holder> holders() {
        return holdersOfTheLastHour().stream().filter(Holder::isAlive).toList();
    }

    /** Also those that are gone without a word, or only sleep. */
    List<Holder> holdersOfTheLastHour() {
        return statements.all(HOLDERS, new Columns()).stream().map(Holder::read).toList();
    }

    /**
     * Asks all nodes to get this key, which must be among ours.
     *
     * @return false if it was known already
     */
    boolean announce(String id) {
        return statements.changeOne(ANNOUNCE, identified(id));
    }

    /**
     * Makes an announced or former key current, unless a node has not got it.
     *
     * @return the nodes that have not; if there are any, nothing has changed
     * @throws DatabaseUnusableException if the key was retired, or ours is another one of its id
     */
    List<Holder> makeCurrent(String id) {
        return unitOfWork.execute(() -> {
            lock();
            requireUsable(id);
            List<Holder> lacking = holdersWithout(id);
            if (lacking.isEmpty()) {
                statements.change(DEMOTE, new Columns().with("id", id));
                put(id, KeyStanding.CURRENT);
                ring.sealWith(id);
            }
            return lacking;
        });
    }

    /** While a unit of work has this, no key changes its standing and no node joins. */
    void lock() {
        statements.change(LOCK, new Columns());
    }

    /** The same for the writes of a secret with this key. */
    void lockWritesWith(String id) {
        statements.all(LOCK_KEY, new Columns().with("id", id));
    }

    List<Holder> holdersWithout(String id) {
        String fingerprint = fingerprint(ring.keys(), id).orElseThrow();
        return holders().stream().filter(holder -> !holder.has(id, fingerprint)).toList();
    }

    /**
     * Sees to it that a key which is not current is never used again.
     *
     * @return false if that was so already
     */
    boolean retire(String id) {
        return statements.changeOne(RETIRE, new Columns().with("id", id));
    }

    private void requireUsable(String id) {
        List<StoredKey> stored = stored();
        requireTheSame(stored);
        if (stored.stream()
                .anyMatch(key -> key.id().equals(id) && key.standing() == KeyStanding.RETIRED)) {
            throw new DatabaseUnusableException(
                    "The encryption key %s was retired and is not used again; rotate to a new one"
                            .formatted(id));
        }
    }

    private void put(String id, KeyStanding standing) {
        statements.change(PUT, identified(id).with("standing", StoredWord.of(standing)));
    }

    private Columns identified(String id) {
        return new Columns()
                .with("id", id)
                .with("fingerprint", ring.keys().fingerprint(id).orElseThrow());
    }

    private static Optional<String> fingerprint(EncryptionKeys keys, String id) {
        return keys.fingerprint(id).map(HexFormat.of()::formatHex);
    }

    private boolean isOurs(StoredKey key) {
        return fingerprint(ring.keys(), key.id()).filter(key.fingerprint()::equals).isPresent();
    }

    /** Whether ours is another key of the same id. */
    boolean differs(StoredKey key) {
        return ring.keys().ids().contains(key.id()) && !isOurs(key);
    }

    /**
     * What a wrong key seals is lost to everybody else, so nothing is done with one.
     *
     * @throws DatabaseUnusableException if one of our keys is another one than that of its id
     */
    void requireTheSame(List<StoredKey> stored) {
        stored.stream()
                .filter(this::differs)
                .findFirst()
                .ifPresent(key -> {
                    throw new DatabaseUnusableException(notTheSame(key));
                });
    }

    private String notTheSame(StoredKey key) {
        return "The encryption key %1$s in %2$s is not the key %1$s that this database was used with: the check value that is stored for it does not fit. Put the right one back; what was sealed with it cannot be read without it."
                .formatted(key.id(), ring.sourceName());
    }

    private void requireAllThatAreNeeded(List<StoredKey> stored) {
        List<StoredKey> missing =
                stored.stream()
                        .filter(key -> key.standing() != KeyStanding.RETIRED && !isOurs(key))
                        .toList();
        if (missing.isEmpty()) {
            return;
        }
        Map<String, Long> counts = values.count();
        Map<String, Long> lost = new TreeMap<>();
        missing.forEach(key -> {
            long sealed = counts.getOrDefault(key.id(), 0L);
            if (sealed > 0 || key.standing() == KeyStanding.CURRENT) {
                lost.put(key.id(), sealed);
            }
        });
        if (!lost.isEmpty()) {
            throw new DatabaseUnusableException(lost(lost));
        }
    }

    private String lost(Map<String, Long> sealedByKey) {
        StringBuilder message = new StringBuilder();
        sealedByKey.forEach((id, sealed) ->
                message.append(
                        "The encryption key %s is missing: %d stored secrets are sealed with it. "
                                .formatted(id, sealed)));
        return message.append(
                        "%s has only %s. Put the missing one back, from where you keep copies of the keys; without it those secrets are lost (see docs/operations.md, Key loss)."
                                .formatted(ring.sourceName(), String.join(", ", ring.keys().ids())))
                .toString();
    }
}

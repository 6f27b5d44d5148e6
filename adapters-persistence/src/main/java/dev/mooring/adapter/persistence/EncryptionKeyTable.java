package dev.mooring.adapter.persistence;

import static java.lang.System.Logger.Level.ERROR;

import java.time.Duration;
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

    private static final String READ =
            """
            select id, fingerprint, standing,
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

    private static final String FORGET =
            "delete from encryption_key where id = :id and standing <> 'current'";

    private static final String HOLD =
            """
            insert into encryption_key_holder (node, process, key_ids, sealing_key, seen_at)
            values (:node, coalesce(host(inet_client_addr()), 'local') || ', process ' || cast(:pid as text),
                    :key_ids, :sealing_key, clock_timestamp())
            on conflict (node) do update set
                key_ids = excluded.key_ids, sealing_key = excluded.sealing_key,
                seen_at = excluded.seen_at
            """;

    private static final String LEAVE = "delete from encryption_key_holder where node = :node";

    private static final String SWEEP =
            """
            delete from encryption_key_holder
            where seen_at < clock_timestamp() - interval '1 hour'
            """;

    private static final String HOLDERS =
            """
            select process, key_ids, sealing_key from encryption_key_holder
            where seen_at > clock_timestamp() - :alive_ms * interval '1 millisecond'
            order by process, node
            """;

    /** How long after its last word a node counts as gone; many times the interval between two. */
    private static final Duration ALIVE = Duration.ofSeconds(30);

    private final JdbcUnitOfWork unitOfWork;
    private final Statements statements;
    private final SealedValues values;
    private final KeyRing ring;
    private final String node;

    /** What a key is to the database. */
    enum Standing {
        /** Handed out to the nodes; seals nothing yet. */
        ANNOUNCED,
        /** Seals. */
        CURRENT,
        /** Opens what it has sealed. */
        FORMER
    }

    /**
     * A key that the database knows.
     *
     * @param fingerprint in hexadecimal
     * @param age how long it has had its standing
     */
    record StoredKey(String id, String fingerprint, Standing standing, Duration age) {}

    /** A node that serves, and what it said of its keys. */
    record Holder(String process, Set<String> keyIds, String sealingKey) {
        static Holder read(Row row) {
            return new Holder(
                    row.text("process"),
                    Set.of(row.text("key_ids").split(" ")),
                    row.text("sealing_key"));
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
        unitOfWork.run(() -> {
            statements.change(LOCK, new Columns());
            List<StoredKey> stored = stored();
            stored.forEach(this::requireTheSame);
            requireAllThatAreNeeded(stored);
            Optional<StoredKey> current = current(stored);
            current.ifPresentOrElse(
                    key -> ring.sealWith(key.id()), () -> put(ring.currentId(), Standing.CURRENT));
            hold();
        });
    }

    /**
     * Looks which key is current, seals with it from now on, and tells which keys this node has.
     * What is missing is looked for in the source first. Called every few seconds.
     */
    void keepInStep() {
        List<StoredKey> stored = stored();
        stored.stream()
                .filter(key -> ring.find(key.id()).isEmpty())
                .filter(key -> key.standing() == Standing.CURRENT)
                .forEach(key ->
                        LOG.log(
                                ERROR,
                                "The encryption key {0} is current and this node has not got it:"
                                        + " put it into {1}",
                                key.id(),
                                ring.sourceName()));
        current(stored).filter(this::isOurs).ifPresent(key -> ring.sealWith(key.id()));
        hold();
        statements.change(SWEEP, new Columns());
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
        statements.change(
                HOLD,
                new Columns()
                        .with("node", node)
                        .with("pid", Long.toString(ProcessHandle.current().pid()))
                        .with("key_ids", String.join(" ", ring.keys().ids()))
                        .with("sealing_key", ring.currentId()));
    }

    /** All keys, in the order in which they came to their standing. */
    List<StoredKey> stored() {
        return statements.all(READ, new Columns()).stream()
                .map(row ->
                        new StoredKey(
                                row.text("id"),
                                HexFormat.of().formatHex(row.bytes("fingerprint")),
                                StoredWord.parse(Standing.class, row.text("standing")),
                                Duration.ofMillis(row.number("age_ms"))))
                .toList();
    }

    static Optional<StoredKey> current(List<StoredKey> stored) {
        return stored.stream().filter(key -> key.standing() == Standing.CURRENT).findFirst();
    }

    /** The nodes that serve now. */
    List<Holder> holders() {
        return statements.all(HOLDERS, new Columns().with("alive_ms", ALIVE.toMillis())).stream()
                .map(Holder::read)
                .toList();
    }

    /** Asks all nodes to get this key, which must be among ours. */
    void announce(String id) {
        statements.change(ANNOUNCE, identified(id));
    }

    /**
     * Makes an announced or former key current, unless a node has not got it.
     *
     * @return the nodes that have not; if there are any, nothing has changed
     */
    List<Holder> makeCurrent(String id) {
        return unitOfWork.execute(() -> {
            statements.change(LOCK, new Columns());
            List<Holder> lacking = holdersWithout(id);
            if (lacking.isEmpty()) {
                statements.change(DEMOTE, new Columns().with("id", id));
                put(id, Standing.CURRENT);
                ring.sealWith(id);
            }
            return lacking;
        });
    }

    List<Holder> holdersWithout(String id) {
        return holders().stream().filter(holder -> !holder.keyIds().contains(id)).toList();
    }

    /** Forgets a key that is not current; false if there is none of this id. */
    boolean forget(String id) {
        return statements.changeOne(FORGET, new Columns().with("id", id));
    }

    private void put(String id, Standing standing) {
        statements.change(PUT, identified(id).with("standing", StoredWord.of(standing)));
    }

    private Columns identified(String id) {
        return new Columns()
                .with("id", id)
                .with("fingerprint", ring.keys().fingerprint(id).orElseThrow());
    }

    private boolean isOurs(StoredKey key) {
        return ring.keys()
                .fingerprint(key.id())
                .map(HexFormat.of()::formatHex)
                .filter(key.fingerprint()::equals)
                .isPresent();
    }

    private void requireTheSame(StoredKey key) {
        if (ring.find(key.id()).isPresent() && !isOurs(key)) {
            throw new DatabaseUnusableException(
                    "The encryption key %1$s in %2$s is not the key %1$s that this database was used with: the check value that is stored for it does not fit. Put the right one back; what was sealed with it cannot be read without it."
                            .formatted(key.id(), ring.sourceName()));
        }
    }

    private void requireAllThatAreNeeded(List<StoredKey> stored) {
        List<StoredKey> missing = stored.stream().filter(key -> !isOurs(key)).toList();
        if (missing.isEmpty()) {
            return;
        }
        Map<String, Long> counts = values.count();
        Map<String, Long> lost = new TreeMap<>();
        missing.forEach(key -> {
            long sealed = counts.getOrDefault(key.id(), 0L);
            if (sealed > 0 || key.standing() == Standing.CURRENT) {
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

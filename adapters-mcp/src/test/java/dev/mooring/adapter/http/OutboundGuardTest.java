package dev.mooring.adapter.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.mooring.adapter.http.OutboundException.Reason;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

import java.net.InetAddress;
import java.net.URI;
import java.net.URISyntaxException;
import java.net.UnknownHostException;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

class OutboundGuardTest {

    @ParameterizedTest
    @ValueSource(
            strings = {
                "0.0.0.0",
                "0.1.2.3",
                "10.0.0.1",
                "10.255.255.255",
                "100.64.0.1",
                "100.127.255.255",
                "127.0.0.1",
                "127.255.255.254",
                "169.254.169.254",
                "172.16.0.1",
                "172.31.255.255",
                "192.0.0.8",
                "192.0.2.1",
                "192.88.99.1",
                "192.168.0.1",
                "198.18.0.1",
                "198.19.255.255",
                "198.51.100.7",
                "203.0.113.9",
                "224.0.0.1",
                "239.255.255.255",
                "240.0.0.1",
                "255.255.255.255",
                "::",
                "::1",
                "::127.0.0.1",
                "64:ff9b:1::1",
                "64:ff9b::7f00:1",
                "64:ff9b::a9fe:a9fe",
                "100::1",
                "2001::1",
                "2001:2::1",
                "2001:10::1",
                "2001:db8::1",
                "2002:7f00:1::",
                "2002:808:808::1",
                "3fff::1",
                "5f00::1",
                "fc00::1",
                "fd00:ec2::254",
                "fe80::1",
                "febf::1",
                "fec0::1",
                "ff02::1",
                "4000::1"
            })
    void addressesThatAreNotPlainPublicOnesAreRefused(String address) {
        assertThatThrownBy(() -> guard("", address).addresses(https("host.example"), SECOND))
                .isInstanceOfSatisfying(
                        OutboundException.class,
                        e -> {
                            assertThat(e.reason()).isEqualTo(Reason.REFUSED_BY_GUARD);
                            assertThat(e.mayHaveBeenSent()).isFalse();
                            assertThat(e).hasMessageContaining("host.example");
                        });
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "1.1.1.1", "9.255.255.255", "11.0.0.1", "100.63.255.255", "100.128.0.1",
                        "126.255.255.255",
                "128.0.0.1", "169.253.0.1", "172.15.255.255", "172.32.0.1", "192.167.0.1",
                        "198.17.0.1",
                "198.20.0.1", "223.255.255.255", "2606:4700::1111", "2a00:1450::1",
                        "64:ff9b::808:808"
            })
    void publicAddressesAreAllowed(String address) {
        assertThat(guard("", address).addresses(https("host.example"), SECOND))
                .containsExactly(InetAddress.ofLiteral(address));
    }

    @Test
    void mappedAddressesAreJudgedAsTheIpv4AddressTheyAre() throws Exception {
        byte[] mapped = new byte[16];
        mapped[10] = mapped[11] = (byte) 0xff;
        mapped[12] = 10;
        InetAddress address = InetAddress.getByAddress(mapped);

        assertThat(SpecialAddresses.kindOf(address)).contains("private");
    }

    @Test
    void oneForbiddenAddressAmongPublicOnesRefusesTheName() {
        assertThatThrownBy(() ->
                        guard("", "1.1.1.1", "10.0.0.1", "2606:4700::1111")
                                .addresses(https("host.example"), SECOND))
                .isInstanceOf(OutboundException.class);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "https://127.0.0.1/",
                "https://[::1]/",
                "https://[::ffff:127.0.0.1]/",
                "https://[0:0:0:0:0:ffff:7f00:1]/",
                "https://169.254.169.254/latest/meta-data"
            })
    void addressLiteralsAreCheckedWithoutAskingAResolver(String url) {
        OutboundGuard guard =
                new OutboundGuard(
                        OutboundAllow.NOTHING,
                        new BoundedLookup(host -> {
                            throw new AssertionError("asked for " + host);
                        }));

        assertThatThrownBy(() -> guard.addresses(Destination.of(URI.create(url)), SECOND))
                .isInstanceOf(OutboundException.class);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "ftp://host.example/",
                "file:///etc/passwd",
                "gopher://host.example/",
                "jar:https://a/b",
                "mailto:a@host.example",
                "//host.example/",
                "/path",
                "https:///path",
                "https:host.example",
                "https://user@host.example/",
                "https://user:secret@host.example/",
                "https://host.example/#fragment",
                "https://host.example:0/",
                "https://host.example:65536/",
                "https://host.example:99999999999/",
                "https://host.example./",
                "https://[fe80::1%25eth0]/",
                "https://[fe80::1%eth0]/",
                "https://0x7f000001/",
                "https://2130706433/",
                "https://0177.0.0.1/",
                "https://127.1/",
                "https://127.0.0.0x1/",
                "https://127.0.0.01/",
                "https://1.2.3.4.5/",
                "https://ho_st.example/",
                "https://host%2eexample/",
                "https://hóst.example/"
            })
    void urlsThatAreNotOnePlainHttpHostAreRefused(String url) {
        assertThatThrownBy(() -> Destination.of(new URI(url)))
                .isInstanceOfAny(OutboundException.class, URISyntaxException.class);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "https://host.example\\@evil.example/",
                "https://host.example/a b",
                "https://host.example/\r\nHost: evil.example",
                "https://host.example/\u0000",
                "https://host.example/\t"
            })
    void backslashesBlanksAndControlCharactersDoNotEvenMakeAUrl(String url) {
        assertThatThrownBy(() -> new URI(url)).isInstanceOf(URISyntaxException.class);
    }

    @ParameterizedTest
    @CsvSource({
        "https://Host.Example/x, host.example, 443",
        "HTTPS://host.example:8443, host.example, 8443",
        "http://host.example, host.example, 80",
        "https://[2606:4700::1111]:444/, 2606:4700::1111, 444",
        "https://1.1.1.1/, 1.1.1.1, 443"
    })
    void theDestinationIsReadFromTheUrl(URI url, String host, int port) {
        Destination destination = Destination.of(url);

        assertThat(destination.host()).isEqualTo(host);
        assertThat(destination.port()).isEqualTo(port);
    }

    @Test
    void plainHttpIsForAllowListedHostsAndNetworksOnly() {
        Destination http = Destination.of(URI.create("http://host.example/"));

        assertThatThrownBy(() -> guard("", "1.1.1.1").addresses(http, SECOND))
                .hasMessageContaining("http");
        assertThat(guard("host.example", "1.1.1.1").addresses(http, SECOND)).isNotEmpty();
        assertThat(guard("1.1.1.0/24", "1.1.1.1").addresses(http, SECOND)).isNotEmpty();
        assertThatThrownBy(() -> guard("1.1.1.0/24", "1.1.1.1", "8.8.8.8").addresses(http, SECOND))
                .isInstanceOf(OutboundException.class);
    }

    @ParameterizedTest
    @CsvSource({
        "host.example, 10.0.0.1, true",
        "HOST.example, 10.0.0.1, true",
        "*.example, 10.0.0.1, true",
        "*.host.example, 10.0.0.1, false",
        "ost.example, 10.0.0.1, false",
        "other.example, 10.0.0.1, false",
        "host.example:443, 10.0.0.1, true",
        "host.example:444, 10.0.0.1, false",
        "10.0.0.1, 10.0.0.1, true",
        "10.0.0.2, 10.0.0.1, false",
        "10.0.0.0/8, 10.200.0.1, true",
        "10.0.0.0/9, 10.200.0.1, false",
        "10.0.0.0/8:443, 10.200.0.1, true",
        "10.0.0.0/8:80, 10.200.0.1, false",
        "10.0.0.0/8, 64:ff9b::a00:1, true",
        "fd00::/8, fd12::1, true",
        "[fd00::/8]:443, fd12::1, true",
        "[fd00::/8]:8443, fd12::1, false",
        "fd00::/8, fc12::1, false",
        "0.0.0.0/0, 169.254.169.254, true",
        "::/0, 169.254.169.254, false"
    })
    void theAllowListOpensExactlyWhatItNames(String allow, String address, boolean allowed) {
        OutboundGuard guard = guard(allow, address);
        Destination destination = https("host.example");

        if (allowed) {
            assertThat(guard.addresses(destination, SECOND)).hasSize(1);
        } else {
            assertThatThrownBy(() -> guard.addresses(destination, SECOND))
                    .isInstanceOf(OutboundException.class);
        }
    }

    @Test
    void anUnknownNameIsSaidToBeUnknown() {
        OutboundGuard guard =
                new OutboundGuard(
                        OutboundAllow.NOTHING,
                        new BoundedLookup(host -> {
                            throw new UnknownHostException(host);
                        }));

        assertThatThrownBy(() -> guard.addresses(https("host.example"), SECOND))
                .isInstanceOfSatisfying(
                        OutboundException.class,
                        e -> assertThat(e.reason()).isEqualTo(Reason.NAME_NOT_FOUND));
    }

    @Test
    void aResolverThatHangsIsNotWaitedForLongerThanAsked() {
        OutboundGuard guard =
                new OutboundGuard(
                        OutboundAllow.NOTHING,
                        new BoundedLookup(host -> {
                            try {
                                new CountDownLatch(1).await();
                            } catch (InterruptedException e) {
                                Thread.currentThread().interrupt();
                            }
                            return List.of();
                        }));

        assertThatThrownBy(() -> guard.addresses(https("host.example"), Duration.ofMillis(50)))
                .isInstanceOfSatisfying(
                        OutboundException.class,
                        e -> assertThat(e.reason()).isEqualTo(Reason.TIMED_OUT));
    }

    @Test
    void aNameThatHangsTakesOneThreadHoweverManyAskForIt() {
        CountDownLatch over = new CountDownLatch(1);
        AtomicInteger lookUps = new AtomicInteger();
        try (BoundedLookup names =
                new BoundedLookup(host -> {
                    if (host.equals("dead.example")) {
                        lookUps.incrementAndGet();
                        awaitDeafly(over);
                    }
                    return SOMEWHERE;
                })) {
            for (int caller = 0; caller < 100; caller++) {
                assertThatThrownBy(() -> names.resolve(https("dead.example"), MOMENT))
                        .isInstanceOf(OutboundException.class)
                        .hasMessageContaining("took too long");
            }

            assertThat(names.resolve(https("alive.example"), SECOND)).isEqualTo(SOMEWHERE);
            assertThat(lookUps.get()).isLessThanOrEqualTo(1);
        } finally {
            over.countDown();
        }
    }

    @Test
    void whereAsManyNamesHangAsMayBeAskedForTheNextOneWaitsForItsTurn() throws Exception {
        CountDownLatch begun = new CountDownLatch(64);
        CountDownLatch over = new CountDownLatch(1);
        try (BoundedLookup names =
                new BoundedLookup(host -> {
                    begun.countDown();
                    awaitDeafly(over);
                    return SOMEWHERE;
                })) {
            for (int name = 1; name <= 64; name++) {
                String host = "dead%d.example".formatted(name);
                Thread.startVirtualThread(() -> names.resolve(https(host), SECOND));
            }
            assertThat(begun.await(1, TimeUnit.MINUTES)).isTrue();

            assertThatThrownBy(() -> names.resolve(https("next.example"), MOMENT))
                    .isInstanceOf(OutboundException.class)
                    .hasMessageContaining("took too long");
            over.countDown();
            assertThat(names.resolve(https("next.example"), SECOND)).isEqualTo(SOMEWHERE);
        } finally {
            over.countDown();
        }
    }

    /** As the platform's resolver, which nothing interrupts. */
    private static void awaitDeafly(CountDownLatch over) {
        boolean isOver = false;
        while (!isOver) {
            try {
                isOver = over.await(1, TimeUnit.MINUTES);
            } catch (InterruptedException e) {
                // It does not hear.
            }
        }
    }

    private static final List<InetAddress> SOMEWHERE =
            List.of(InetAddress.ofLiteral("203.0.113.7"));
    private static final Duration MOMENT = Duration.ofMillis(2);

    private static final Duration SECOND = Duration.ofSeconds(5);

    private static Destination https(String host) {
        return Destination.of(URI.create("https://" + host + "/"));
    }

    private static OutboundGuard guard(String allow, String... addresses) {
        List<InetAddress> answer = Arrays.stream(addresses).map(InetAddress::ofLiteral).toList();
        return new OutboundGuard(OutboundAllow.parse(allow), new BoundedLookup(host -> answer));
    }
}

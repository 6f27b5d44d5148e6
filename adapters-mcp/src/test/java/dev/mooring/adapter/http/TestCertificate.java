package dev.mooring.adapter.http;

import dev.mooring.domain.client.TrustedCa;

import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.concurrent.TimeUnit;

import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;

/**
 * A server's certificate and the private authority that signed it, made by the JDK's keytool when a
 * test asks for them.
 */
public record TestCertificate(KeyStore store, TrustedCa authority) {

    private static final String PASSWORD = "for-tests-only";

    /** For names such as {@code dns:localhost}, good from yesterday on. */
    public static TestCertificate of(String subjectAlternativeNames) {
        return of(subjectAlternativeNames, "-1d", 30);
    }

    /**
     * For names such as {@code dns:localhost}, good for some days from {@code -10d} or the like.
     */
    public static TestCertificate of(String subjectAlternativeNames, String from, int days) {
        try {
            Path directory = Files.createTempDirectory("mooring-test-certificate");
            Path file = directory.resolve("keys.p12");
            try {
                keytool(file, "authority", "-30d", 60, "-ext", "bc:c");
                keytool(
                        file,
                        "server",
                        from,
                        days,
                        "-signer",
                        "authority",
                        "-ext",
                        "san=" + subjectAlternativeNames);
                return read(file);
            } finally {
                Files.deleteIfExists(file);
                Files.delete(directory);
            }
        } catch (IOException | GeneralSecurityException | InterruptedException e) {
            throw new IllegalStateException("no test certificate", e);
        }
    }

    private static void keytool(Path file, String alias, String from, int days, String... more)
            throws IOException, InterruptedException {
        String keytool = Path.of(System.getProperty("java.home"), "bin", "keytool").toString();
        List<String> command = new ArrayList<>(List.of(keytool, "-genkeypair", "-keyalg", "EC"));
        command.addAll(List.of("-alias", alias, "-dname", "CN=" + alias));
        command.addAll(List.of("-startdate", from, "-validity", String.valueOf(days)));
        command.addAll(List.of("-keystore", file.toString(), "-storepass", PASSWORD));
        command.addAll(List.of(more));
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        byte[] said = process.getInputStream().readAllBytes();
        if (!process.waitFor(30, TimeUnit.SECONDS) || process.exitValue() != 0) {
            throw new IOException("keytool: " + new String(said, StandardCharsets.UTF_8));
        }
    }

    private static TestCertificate read(Path file) throws IOException, GeneralSecurityException {
        KeyStore store = KeyStore.getInstance("PKCS12");
        try (InputStream in = Files.newInputStream(file)) {
            store.load(in, PASSWORD.toCharArray());
        }
        byte[] authority = store.getCertificate("authority").getEncoded();
        store.deleteEntry("authority");
        return new TestCertificate(
                store,
                new TrustedCa(
                        "-----BEGIN CERTIFICATE-----\n"
                                + Base64.getMimeEncoder().encodeToString(authority)
                                + "\n-----END CERTIFICATE-----\n"));
    }

    /** A TLS listener on a random port of 127.0.0.1. */
    public ServerSocket listen() {
        try {
            KeyManagerFactory keys =
                    KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
            keys.init(store, PASSWORD.toCharArray());
            SSLContext context = SSLContext.getInstance("TLS");
            context.init(keys.getKeyManagers(), null, null);
            return context.getServerSocketFactory()
                    .createServerSocket(0, 50, InetAddress.ofLiteral("127.0.0.1"));
        } catch (IOException | GeneralSecurityException e) {
            throw new IllegalStateException("no TLS listener", e);
        }
    }
}

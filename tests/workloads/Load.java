// SPDX-License-Identifier: Apache-2.0
// What Java programs do: a threaded server, and more garbage than the heap holds.
import java.io.*;
import java.net.*;
import java.nio.*;
import java.nio.channels.*;
import java.nio.file.*;
import java.util.*;
import java.util.concurrent.*;
import java.util.stream.*;

public class Load {
	static int serve(int clients) throws Exception {
		ExecutorService threads = Executors.newFixedThreadPool(16);
		try (ServerSocket server = new ServerSocket(0, 64, InetAddress.getLoopbackAddress())) {
			threads.execute(() -> {
				try {
					for (;;) {
						Socket s = server.accept();
						threads.execute(() -> {
							try (s; DataInputStream in = new DataInputStream(s.getInputStream());
							     DataOutputStream out = new DataOutputStream(s.getOutputStream())) {
								out.writeInt(in.readInt() * 2);
							} catch (IOException e) {
								throw new UncheckedIOException(e);
							}
						});
					}
				} catch (IOException closed) {
					return;
				}
			});
			ExecutorService callers = Executors.newFixedThreadPool(4);
			List<Future<Integer>> answers = new ArrayList<>();
			for (int i = 0; i < clients; i++) {
				int n = i;
				answers.add(callers.submit(() -> {
					try (Socket s = new Socket(InetAddress.getLoopbackAddress(), server.getLocalPort())) {
						new DataOutputStream(s.getOutputStream()).writeInt(n);
						return new DataInputStream(s.getInputStream()).readInt();
					}
				}));
			}
			int sum = 0;
			for (Future<Integer> a : answers)
				sum += a.get();
			callers.shutdown();
			return sum;
		} finally {
			threads.shutdown();
		}
	}

	static long garbage(int rounds) throws Exception {
		return IntStream.range(0, 4).parallel().mapToLong(t -> {
			long sum = 0;
			Deque<byte[]> kept = new ArrayDeque<>();
			for (int i = 0; i < rounds; i++) {
				kept.add(new byte[10000]);
				if (kept.size() > 200)
					sum += kept.poll().length;
			}
			return sum;
		}).sum();
	}

	static String files() throws Exception {
		Path p = Files.createTempFile("load", "");
		try (FileChannel c = FileChannel.open(p, StandardOpenOption.READ, StandardOpenOption.WRITE);
		     FileLock l = c.lock()) {
			MappedByteBuffer m = c.map(FileChannel.MapMode.READ_WRITE, 0, 4096);
			m.put("hello".getBytes());
			m.force();
		}
		Process child = new ProcessBuilder("/bin/cat", p.toString()).start();
		return new String(child.getInputStream().readNBytes(5)) + " " + child.waitFor();
	}

	public static void main(String[] args) throws Exception {
		int scale = Integer.parseInt(args[0]);
		System.out.println("server " + serve(300 * scale));
		System.out.println("garbage " + garbage(20000 * scale));
		System.out.println("files " + files());
		System.out.println("interfaces " + NetworkInterface.networkInterfaces().count());
		try {
			byte[] all = new byte[1 << 30];
			System.out.println(all.length);
			System.out.println("no limit");
		} catch (OutOfMemoryError e) {
			System.out.println("heap limit held");
		}
	}
}

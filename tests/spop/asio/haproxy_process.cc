#include "tests/spop/asio/haproxy_process.h"

#include <fstream>
#include <signal.h>
#include <spawn.h>
#include <stdexcept>
#include <sys/wait.h>
#include <unistd.h>

#include "base/asio.h"

namespace spop_tests {
namespace {

namespace asio = base::asio;

constexpr const char* haproxy_program = "/usr/sbin/haproxy";

std::string main_configuration(int listener,
                               const std::string& agent,
                               int threads,
                               const std::string& spoe) {
  return R"(
global
    nbthread )" +
         std::to_string(threads) + R"(
    stats socket unix@)" +
         spoe + R"(.stats level admin
defaults
    timeout connect 2s
    timeout client 30s
    timeout server 30s
frontend http-in
    mode http
    bind fd@)" +
         std::to_string(listener) + R"(
    filter spoe engine test config )" +
         spoe + R"(
    http-request return status 200 content-type text/plain lf-string "answer=%[var(txn.test.answer)] error=%[var(txn.test.error)]"
backend agents
    mode tcp
    option spop-check
    timeout server 3m
    server agent )" +
         agent + R"( check inter 50ms
)";
}

constexpr const char* spoe_configuration = R"(
[test]
spoe-agent test-agent
    messages lookup
    option var-prefix test
    option set-on-error error
    option continue-on-error
    timeout hello 2s
    timeout idle 2m
    timeout processing 500ms
    no option send-frag-payload
    use-backend agents
spoe-message lookup
    args host=req.hdr(host) path=path
    event on-frontend-http-request
)";

void write_file(const std::string& path, const std::string& text) {
  std::ofstream file(path);
  file << text;
  if (!file) throw std::runtime_error("cannot write " + path);
}

::pid_t spawn(const std::string& configuration) {
  std::string program = haproxy_program;
  std::string file = configuration;
  std::string quiet = "-q";
  std::string foreground = "-db";
  std::string option = "-f";
  char* arguments[] = {
      program.data(), quiet.data(), foreground.data(), option.data(), file.data(), nullptr};
  ::pid_t pid = -1;
  const int failed = ::posix_spawn(&pid, haproxy_program, nullptr, nullptr, arguments, environ);
  if (failed != 0) throw std::runtime_error("cannot start haproxy");
  return pid;
}

}  // namespace

HaproxyProcess::HaproxyProcess(const std::string& agent, int threads) {
  // The listener is ours and inherited, so that no port has to be guessed; requests sent before
  // HAProxy is up wait in its backlog.
  asio::io_context io;
  asio::ip::tcp::acceptor listener(io, {asio::ip::address_v4::loopback(), 0});
  port_ = listener.local_endpoint().port();
  const std::string spoe = folder_ / "spoe.conf";
  const std::string configuration = folder_ / "haproxy.cfg";
  write_file(spoe, spoe_configuration);
  write_file(configuration, main_configuration(listener.native_handle(), agent, threads, spoe));
  pid_ = spawn(configuration);
}

HaproxyProcess::~HaproxyProcess() {
  if (pid_ < 0) return;
  ::kill(pid_, SIGKILL);
  ::waitpid(pid_, nullptr, 0);
}

void HaproxyProcess::stop_softly() {
  ::kill(pid_, SIGUSR1);
  ::waitpid(pid_, nullptr, 0);
  pid_ = -1;
}

std::string HaproxyProcess::get(std::string_view host, std::string_view path) const {
  asio::io_context io;
  asio::ip::tcp::socket socket(io);
  socket.connect({asio::ip::address_v4::loopback(), port_});
  const std::string request = "GET " + std::string(path) +
                              " HTTP/1.1\r\nHost: " + std::string(host) +
                              "\r\nConnection: close\r\n\r\n";
  asio::write(socket, asio::buffer(request));
  std::string response;
  boost::system::error_code end_of_file;
  asio::read(socket, asio::dynamic_buffer(response), end_of_file);
  return response;
}

std::string HaproxyProcess::command(const std::string& line) const {
  asio::io_context io;
  asio::local::stream_protocol::socket socket(io);
  socket.connect(asio::local::stream_protocol::endpoint(folder_ / "spoe.conf.stats"));
  asio::write(socket, asio::buffer(line + "\n"));
  std::string answer;
  boost::system::error_code end_of_file;
  asio::read(socket, asio::dynamic_buffer(answer), end_of_file);
  return answer;
}

bool is_haproxy_installed() {
  return ::access(haproxy_program, X_OK) == 0;
}

}  // namespace spop_tests

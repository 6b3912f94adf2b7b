#include "agent/store/sealer.h"

#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <stdexcept>
#include <sys/stat.h>
#include <system_error>
#include <unistd.h>
#include <utility>

#include <openssl/crypto.h>
#include <openssl/evp.h>

namespace agent {
namespace {

constexpr char sealed_version = 1;
constexpr std::size_t nonce_size = 12;
constexpr std::size_t tag_size = 16;

struct FreeCipher {
  void operator()(EVP_CIPHER_CTX* context) const { EVP_CIPHER_CTX_free(context); }
};
using Cipher = std::unique_ptr<EVP_CIPHER_CTX, FreeCipher>;

class File {
 public:
  File(const std::string& path, int flags) : fd_(::open(path.c_str(), flags | O_CLOEXEC, 0600)) {}
  ~File() {
    if (fd_ >= 0) ::close(fd_);
  }
  File(const File&) = delete;
  File& operator=(const File&) = delete;
  int fd() const { return fd_; }

 private:
  int fd_;
};

const unsigned char* bytes_of(std::string_view text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}

unsigned char* bytes_of(std::string& text) {
  return reinterpret_cast<unsigned char*>(text.data());
}

StoreError system_error(const std::string& path, const char* what) {
  const std::error_code ec(errno, std::generic_category());
  const bool denied = ec == std::errc::read_only_file_system || ec == std::errc::permission_denied;
  const StoreErrc code = ec == std::errc::no_space_on_device ? StoreErrc::disk_full
                         : denied                            ? StoreErrc::read_only
                                                             : StoreErrc::io;
  return {code, "key file " + path + ": " + what + ": " + ec.message()};
}

/// OpenSSL fails here only when memory is short or it is installed wrongly.
void require(int result, const char* what) {
  if (result != 1) throw std::runtime_error(std::string("OpenSSL: ") + what);
}

/// The first bytes of the key's SHA-256: names the key and gives nothing of it away.
std::string key_id(const unsigned char* key, std::size_t key_size, std::size_t id_size) {
  std::string digest(EVP_MAX_MD_SIZE, '\0');
  unsigned int size = 0;
  require(EVP_Digest(key, key_size, bytes_of(digest), &size, EVP_sha256(), nullptr), "SHA-256");
  digest.resize(id_size);
  return digest;
}

/// Authenticated and not encrypted. The header has one size, so the parts cannot be shifted.
std::string associated_data(std::string_view header, std::string_view purpose) {
  return std::string(header).append(purpose);
}

Cipher begin(bool encrypt,
             const unsigned char* key,
             const unsigned char* nonce,
             std::string_view aad) {
  Cipher cipher(EVP_CIPHER_CTX_new());
  if (!cipher) throw std::bad_alloc();
  // GCM's default nonce has the 12 bytes that we use.
  require(EVP_CipherInit_ex(cipher.get(), EVP_aes_256_gcm(), nullptr, key, nonce, encrypt ? 1 : 0),
          "AES-256-GCM");
  int size = 0;
  require(
      EVP_CipherUpdate(cipher.get(), nullptr, &size, bytes_of(aad), static_cast<int>(aad.size())),
      "associated data");
  return cipher;
}

}  // namespace

StoreResult<std::unique_ptr<Sealer>> Sealer::load_or_create(const std::string& path,
                                                            base::Random& random) {
  std::unique_ptr<Sealer> sealer(new Sealer(path, random));
  if (::access(path.c_str(), F_OK) != 0 && errno == ENOENT) {
    if (StoreResult<void> created = sealer->create(); !created) {
      return base::Unexpected(created.error());
    }
  }
  if (StoreResult<void> loaded = sealer->load(); !loaded) return base::Unexpected(loaded.error());
  return sealer;
}

Sealer::~Sealer() {
  OPENSSL_cleanse(key_.data(), key_.size());
}

StoreResult<void> Sealer::load() {
  const File file(path_, O_RDONLY);
  struct stat status {};
  if (file.fd() < 0 || ::fstat(file.fd(), &status) != 0) {
    return base::Unexpected(system_error(path_, "cannot be opened"));
  }
  if (!S_ISREG(status.st_mode) || status.st_size != static_cast<off_t>(key_size)) {
    return base::Unexpected(
        StoreError{StoreErrc::wrong_key,
                   "key file " + path_ + ": is no file of 32 bytes; restore it from a backup"});
  }
  if ((status.st_mode & 077) != 0) {
    return base::Unexpected(StoreError{
        StoreErrc::wrong_key,
        "key file " + path_ + ": others than its owner may use it; run chmod 600 " + path_});
  }
  if (::read(file.fd(), key_.data(), key_.size()) != static_cast<ssize_t>(key_.size())) {
    return base::Unexpected(system_error(path_, "cannot be read"));
  }
  header_ = sealed_version + key_id(key_.data(), key_.size(), key_id_size);
  return {};
}

StoreResult<void> Sealer::create() {
  const std::size_t slash = path_.rfind('/');
  const std::string folder = slash == std::string::npos ? "." : path_.substr(0, slash + 1);
  const std::string temporary = path_ + ".new." + std::to_string(::getpid());
  Key key{};
  random_.fill(std::as_writable_bytes(std::span(key)));
  ::unlink(temporary.c_str());  // of a process that died with our number
  const File file(temporary, O_WRONLY | O_CREAT | O_EXCL);
  if (file.fd() < 0) return base::Unexpected(system_error(path_, "cannot be created"));
  const bool written =
      ::write(file.fd(), key.data(), key.size()) == static_cast<ssize_t>(key.size()) &&
      ::fsync(file.fd()) == 0;
  OPENSSL_cleanse(key.data(), key.size());
  // link() and not rename(): a key that another process has made meanwhile is the one to use.
  const bool linked = written && (::link(temporary.c_str(), path_.c_str()) == 0 || errno == EEXIST);
  StoreResult<void> result;
  if (!linked) result = base::Unexpected(system_error(path_, "cannot be written"));
  ::unlink(temporary.c_str());
  const File directory(folder, O_RDONLY | O_DIRECTORY);
  if (linked && (directory.fd() < 0 || ::fsync(directory.fd()) != 0)) {
    return base::Unexpected(system_error(path_, "its folder cannot be flushed"));
  }
  return result;
}

std::string Sealer::seal(std::string_view plain, std::string_view purpose) const {
  std::string nonce(nonce_size, '\0');
  random_.fill(std::as_writable_bytes(std::span(nonce)));
  const Cipher cipher =
      begin(true, key_.data(), bytes_of(nonce), associated_data(header_, purpose));
  std::string sealed = header_ + nonce;
  const std::size_t start = sealed.size();
  sealed.resize(start + plain.size() + tag_size);
  int size = 0;
  require(EVP_CipherUpdate(cipher.get(),
                           bytes_of(sealed) + start,
                           &size,
                           bytes_of(plain),
                           static_cast<int>(plain.size())),
          "encrypt");
  require(EVP_CipherFinal_ex(cipher.get(), bytes_of(sealed) + start + plain.size(), &size),
          "encrypt");
  require(EVP_CIPHER_CTX_ctrl(cipher.get(),
                              EVP_CTRL_GCM_GET_TAG,
                              static_cast<int>(tag_size),
                              bytes_of(sealed) + start + plain.size()),
          "tag");
  return sealed;
}

StoreResult<std::string> Sealer::unseal(std::string_view sealed, std::string_view purpose) const {
  const std::string what(purpose);
  const std::size_t overhead = header_.size() + nonce_size + tag_size;
  if (sealed.size() < overhead || sealed.front() != sealed_version) {
    return base::Unexpected(
        StoreError{StoreErrc::corrupt, "sealed data of " + what + " is damaged"});
  }
  if (!sealed.starts_with(header_)) {
    return base::Unexpected(StoreError{StoreErrc::wrong_key,
                                       "sealed data of " + what +
                                           " was made with another key than that of " + path_ +
                                           "; restore the key file that belongs to this database"});
  }
  const unsigned char* nonce = bytes_of(sealed) + header_.size();
  const Cipher cipher = begin(false, key_.data(), nonce, associated_data(header_, purpose));
  std::string plain(sealed.size() - overhead, '\0');
  std::string tag(sealed.substr(sealed.size() - tag_size));
  int size = 0;
  require(
      EVP_CipherUpdate(
          cipher.get(), bytes_of(plain), &size, nonce + nonce_size, static_cast<int>(plain.size())),
      "decrypt");
  require(EVP_CIPHER_CTX_ctrl(
              cipher.get(), EVP_CTRL_GCM_SET_TAG, static_cast<int>(tag_size), tag.data()),
          "tag");
  if (EVP_CipherFinal_ex(cipher.get(), bytes_of(plain) + plain.size(), &size) != 1) {
    OPENSSL_cleanse(plain.data(), plain.size());  // unauthenticated, perhaps a secret all the same
    return base::Unexpected(StoreError{
        StoreErrc::corrupt, "sealed data of " + what + " is damaged or was tampered with"});
  }
  return plain;
}

}  // namespace agent

#include "agent/cli/command_parser.h"
#include "agent/cli/command_texts.h"

namespace agent {

void CommandLine::add_certificate_commands() {
  CLI::App* const group = add_group(&parser_->app, "certificate", certificate_text);
  group->require_subcommand(1);
  CLI::App* const list =
      add_command(group, "list", certificate_list_text, Command::certificate_list);
  list->add_option("--state", certificate_list_.state, "wanted (issued or served), retired or all")
      ->check(CLI::IsMember({"wanted", "retired", "all"}))
      ->type_name("STATE");
  add_output(list, output_);

  CLI::App* const show =
      add_command(group, "show", certificate_show_text, Command::certificate_show);
  add_names(show, names_, "hostnames or ids");
  add_output(show, output_);

  CLI::App* const renew =
      add_command(group, "renew", certificate_renew_text, Command::certificate_renew);
  add_names(renew, names_, "hostnames");
  add_wait(renew, wait_);
  add_output(renew, output_);
  add_custom_commands(group);
  add_export_command(group);
  add_revocation_commands(group);
}

void CommandLine::add_custom_commands(CLI::App* group) {
  CertificateCsrOptions& csr = certificate_csr_;
  CLI::App* const make = add_command(group, "csr", certificate_csr_text, Command::certificate_csr);
  make->add_option("HOSTNAME", csr.name, "the hostname")->required()->type_name("");
  add_key_type(make, csr.key_type);
  const auto add = [make](const char* option, std::string& text, const char* help) {
    return make->add_option(option, text, help)->type_name("TEXT");
  };
  add("--common-name", csr.common_name, "CN (the hostname)");
  add("--organization", csr.organization, "O, as the company's register has it");
  add("--organizational-unit", csr.organizational_unit, "OU");
  add("--locality", csr.locality, "L: the town");
  add("--state", csr.state, "ST: state or province");
  add("--country", csr.country, "C: two letters, as DE");
  make->add_option("--also", csr.more_names, "more names for the certificate; repeatable")
      ->expected(1)
      ->take_all()
      ->type_name("NAME");
  add("-o,--out", csr.out, "write it into this file")->type_name("FILE");
  make->add_flag(
      "--show", csr.show, "the one that waits for its certificate, instead of a new one");

  CertificateInstallOptions& options = certificate_install_;
  CLI::App* const install =
      add_command(group, "install", certificate_install_text, Command::certificate_install);
  install->add_option("HOSTNAME", options.name, "the hostname")->required()->type_name("");
  const auto add_file = [install](const char* option, std::string& path, const char* help) {
    return install->add_option(option, path, help)->type_name("FILE");
  };
  CLI::Option* const chain =
      add_file("--chain", options.chain, "certificate and its issuers in PEM, in any order");
  CLI::Option* const key =
      add_file("--key", options.key, "its key in PEM (that of the newest CSR)");
  add_file("--pkcs12", options.pkcs12, "all of it in one container (.p12, .pfx)")
      ->excludes(chain)
      ->excludes(key);
  add_file("--passphrase-file", options.passphrase_file, "its first line opens the key");
  install
      ->add_option("--return-to-automatic",
                   options.return_days,
                   "order one of ours so many days before its end (never)")
      ->check(CLI::Range(1, 365))
      ->type_name("DAYS");
  add_wait(install, wait_);
  add_output(install, output_);
}

void CommandLine::add_export_command(CLI::App* group) {
  CertificateExportOptions& options = certificate_export_;
  CLI::App* const app =
      add_command(group, "export", certificate_export_text, Command::certificate_export);
  app->add_option("NAME", options.name, "a hostname, or the id of a certificate")
      ->required()
      ->type_name("");
  app->add_flag("--with-key", options.with_key, "the private key too; over the socket only");
  app->add_option("-o,--out", options.out, "write it into this file, for its owner alone")
      ->type_name("FILE");
}

void CommandLine::add_revocation_commands(CLI::App* group) {
  CertificateRevokeOptions& options = certificate_revoke_;
  CLI::App* const revoke =
      add_command(group, "revoke", certificate_revoke_text, Command::certificate_revoke);
  CLI::Option* const names = revoke->add_option("NAME", names_, "hostnames or ids")->type_name("");
  CLI::Option* const from =
      revoke->add_option("--from", options.from, "a file with more, one a line; - is the input")
          ->type_name("FILE");
  CLI::Option* const all_of =
      revoke->add_option("--all-of", options.all_of, "all that this authority has issued to us")
          ->type_name("AUTHORITY");
  all_of->excludes(names)->excludes(from);
  revoke->add_option("--reason", options.reason, "why (unspecified)")
      ->check(CLI::IsMember({"unspecified", "keyCompromise", "superseded", "cessationOfOperation"}))
      ->type_name("REASON");
  revoke->add_flag("--replace,!--no-replace",
                   options.replace,
                   "whether hostnames in mode automatic get new ones (they do)");
  revoke->add_flag("--yes", options.yes, "really: needed with --from and --all-of");
  add_output(revoke, output_);

  CLI::App* const list = add_command(
      group, "revocations", certificate_revocations_text, Command::certificate_revocations);
  list->add_option("--state", revocation_state_, "only those in this state")
      ->check(CLI::IsMember({"pending", "revoked", "refused"}))
      ->type_name("STATE");
  add_output(list, output_);
}

}  // namespace agent

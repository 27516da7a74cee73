//! A quadlet as a plain unit, for podman before 4.4: what podman's own generator makes of the keys that our
//! quadlets use. A key that it does not know is an error, never left out.

use crate::error::Error;

/// The program, where every distribution of podman has it.
const PODMAN: &str = "/usr/bin/podman";

/// Options of `podman run` that take the key's value.
const OPTIONS: [(&str, &str); 8] = [
    ("ContainerName", "--name"),
    ("User", "--user"),
    ("Environment", "--env"),
    ("Volume", "--volume"),
    ("Network", "--network"),
    ("DropCapability", "--cap-drop"),
    ("AddCapability", "--cap-add"),
    ("PodmanArgs", ""),
];

/// The text of the unit. Where podman's later generator relies on `podman rm` to remove the file with the
/// container's number as well, an old podman leaves it: it is removed.
pub(super) fn plain_unit(quadlet: &str) -> Result<String, Error> {
    let (mut before, mut service, mut install) = (String::new(), String::new(), String::new());
    let mut container = Container::default();
    let mut section = "";
    for line in quadlet.lines() {
        let text = line.trim();
        if text.is_empty() || text.starts_with(['#', ';']) {
            continue;
        }
        if let Some(name) = text.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
            section = name;
            continue;
        }
        let Some((key, value)) = text.split_once('=') else { return Err(unknown(text)) };
        match section {
            "Unit" => before.push_str(&format!("{text}\n")),
            "Service" => service.push_str(&format!("{text}\n")),
            "Install" => install.push_str(&format!("{text}\n")),
            "Container" => container.take(key, value)?,
            // What podman's own generator adds; this one adds nothing.
            "Quadlet" if text == "DefaultDependencies=false" => {}
            _ => return Err(unknown(text)),
        }
    }
    Ok(format!(
        "# Made by codegraph-install from a quadlet, for a podman that knows none.\n\
         [Unit]\n{before}\n\
         [Service]\n\
         ExecStartPre=-/bin/rm -f %t/%N.cid\n\
         {service}\
         Environment=PODMAN_SYSTEMD_UNIT=%n\n\
         KillMode=mixed\n\
         Delegate=yes\n\
         Type=notify\n\
         NotifyAccess=all\n\
         SyslogIdentifier=%N\n\
         ExecStart={}\n\
         ExecStop={PODMAN} rm -v -f -i --cidfile=%t/%N.cid\n\
         ExecStopPost=-{PODMAN} rm -v -f -i --cidfile=%t/%N.cid\n\
         ExecStopPost=-/bin/rm -f %t/%N.cid\n\n\
         [Install]\n{install}",
        container.command()
    ))
}

/// The section of that name.
#[derive(Default)]
struct Container {
    image: String,
    exec: String,
    group: Option<String>,
    options: Vec<String>,
}

impl Container {
    fn take(&mut self, key: &str, value: &str) -> Result<(), Error> {
        match (key, value) {
            ("Image", _) => self.image = value.to_owned(),
            ("Exec", _) => self.exec = format!(" {value}"),
            ("Group", _) => self.group = Some(value.to_owned()),
            ("ReadOnly", "true") => self.options.push("--read-only".to_owned()),
            ("NoNewPrivileges", "true") => {
                self.options.push("--security-opt=no-new-privileges".to_owned());
            }
            _ => match OPTIONS.iter().find(|(known, _)| *known == key) {
                Some((_, "")) => self.options.push(value.to_owned()),
                Some((_, option)) => self.options.push(format!("{option}={value}")),
                None => return Err(unknown(&format!("{key}={value}"))),
            },
        }
        Ok(())
    }

    fn command(mut self) -> String {
        if let Some(group) = self.group.take()
            && let Some(user) = self.options.iter_mut().find(|one| one.starts_with("--user="))
        {
            user.push_str(&format!(":{group}"));
        }
        format!(
            "{PODMAN} run --cidfile=%t/%N.cid --replace --rm --log-driver=passthrough --cgroups=split --sdnotify=conmon --detach {} {}{}",
            self.options.join(" "),
            self.image,
            self.exec
        )
    }
}

fn unknown(line: &str) -> Error {
    Error::Usage(format!(
        "a quadlet of the release has the line `{line}`, which cannot be made into a unit for this host's podman; install podman 4.4 or newer"
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_quadlet_becomes_the_unit_that_podman_would_make() {
        let quadlet = "# comment\n[Unit]\nDescription=X\n\n[Container]\nContainerName=x\nImage=127.0.0.1:5000/a/x@sha256:00\n\
            User=990\nGroup=991\nEnvironment=A=b\nVolume=/a:/b:Z\nReadOnly=true\nDropCapability=all\nNoNewPrivileges=true\n\
            PodmanArgs=--memory=1g\nExec=serve --port=1\n\n[Service]\nRestart=always\n\n[Install]\nWantedBy=codegraph.target\n";
        let unit = plain_unit(quadlet).unwrap();
        let line = unit.lines().find(|line| line.starts_with("ExecStart=")).unwrap();
        assert_eq!(
            line,
            "ExecStart=/usr/bin/podman run --cidfile=%t/%N.cid --replace --rm --log-driver=passthrough --cgroups=split \
             --sdnotify=conmon --detach --name=x --user=990:991 --env=A=b --volume=/a:/b:Z --read-only --cap-drop=all \
             --security-opt=no-new-privileges --memory=1g 127.0.0.1:5000/a/x@sha256:00 serve --port=1"
        );
        for part in [
            "[Unit]\nDescription=X\n",
            "Restart=always\n",
            "[Install]\nWantedBy=codegraph.target\n",
        ] {
            assert!(unit.contains(part), "{unit}");
        }
        for bad in
            ["[Container]\nSecret=x\n", "[Container]\nReadOnly=maybe\n", "[Kube]\nYaml=x\n", "x\n"]
        {
            assert!(plain_unit(bad).unwrap_err().to_string().contains("podman 4.4"), "{bad}");
        }
    }
}

# SPDX-License-Identifier: MIT OR Apache-2.0
"""Questions in plain words, each with the programs of Debian that would be a good answer. Written before any
model was tried on them; a program that a machine's package lists do not have is left out of the judgement."""

QUERIES = [line.partition(": ")[::2] for line in """
retouch my holiday pictures: gimp darktable rawtherapee digikam showfoto gthumb shotwell krita pinta photoflare
watch films: vlc mpv totem mplayer smplayer kodi celluloid dragonplayer parole xine-ui
listen to songs: rhythmbox audacious clementine strawberry quodlibet amarok lollypop elisa juk cmus moc mpd exaile sayonara
surf the internet: firefox-esr chromium konqueror falkon epiphany-browser midori lynx w3m links2 elinks dillo netsurf-gtk qutebrowser surf
read and send electronic mail: thunderbird evolution kmail claws-mail mutt neomutt alpine sylpheed geary balsa trojita aerc
write a letter or a report: libreoffice-writer abiword calligrawords focuswriter lyx ghostwriter
do sums in rows and columns: libreoffice-calc gnumeric calligrasheets sc pyspread
make slides for a talk: libreoffice-impress calligrastage pympress impressive
free up disk space by finding what is big: baobab ncdu gdmap qdirstat filelight duc xdiskusage
copy files to another computer safely: openssh-client rsync sshfs lftp filezilla rclone unison
back up my data: borgbackup restic duplicity deja-dup backintime-qt rsnapshot bacula-client amanda-client backup-manager rdiff-backup kbackup
recover deleted files: testdisk extundelete foremost scalpel ext4magic recoverjpeg magicrescue
learn to type faster: klavaro tuxtype ktouch gtypist typespeed
play chess: gnuchess gnome-chess xboard stockfish knights fairymax phalanx crafty eboard pychess
look at the stars and planets: stellarium kstars xplanet gpredict skychart
draw a plan of a house: sweethome3d
talk to friends over the internet with voice: mumble linphone-desktop jami twinkle
chat with other people: pidgin gajim irssi hexchat weechat dino-im psi konversation quassel kopete
keep my passwords in one place: keepassxc keepass2 pass seahorse passwordsafe kpcli qtpass
encrypt a hard drive: cryptsetup tomb zulucrypt-gui cryptmount cryptsetup-bin
find out who is using the network: nethogs iftop etherape ntopng iptraf-ng bmon darkstat
see which programs make my machine slow: htop atop gnome-system-monitor ksysguard btop glances nmon iotop
compare two versions of a text: diffutils meld kdiff3 kompare wdiff colordiff dwdiff xxdiff diffuse
track changes in source code: git mercurial subversion brz cvs fossil darcs rcs
burn a CD: brasero k3b xfburn wodim cdrdao simpleburn dvd+rw-tools
scan paper documents: simple-scan xsane skanlite sane-utils gscan2pdf paperwork-gtk
turn pictures of text into text: tesseract-ocr gocr cuneiform ocrad ocrfeeder gimagereader ocrmypdf
record what happens on my screen: simplescreenrecorder kazam vokoscreen-ng obs-studio recordmydesktop peek byzanz
cut and join video clips: kdenlive openshot-qt shotcut pitivi flowblade
write music with notes on a page: musescore3 lilypond rosegarden denemo frescobaldi
record and change sound: audacity ardour sox sweep mhwaveedit
manage my money: gnucash kmymoney homebank skrooge grisbi ledger hledger
keep a diary: rednotebook lifeograph jrnl almanah
tell me whether it will rain: gnome-weather weather-util meteo-qt xfce4-weather-plugin
learn words of a foreign language: anki parley kwordquiz mnemosyne
teach small children to count: gcompris-qt tuxmath childsplay
solve equations symbolically: maxima wxmaxima axiom python3-sympy cadabra giac
statistics and plots of data: r-base gnuplot pspp gretl labplot
three dimensional modelling and animation: blender wings3d
design a machine part: freecad openscad librecad solvespace
draw electronic circuits: kicad xcircuit qucs fritzing oregano lepton-eda
store rows in tables and ask questions of them: sqlite3 postgresql mariadb-server sqlitebrowser
serve web pages: apache2 nginx lighttpd webfs micro-httpd
block unwanted mail: spamassassin bogofilter rspamd
keep out intruders: fail2ban ufw snort suricata
search for viruses: clamav clamtk rkhunter chkrootkit
run programs made for Windows: wine playonlinux q4wine winetricks
run another operating system inside this one: virt-manager qemu-system-x86 gnome-boxes
play old console games: mednafen nestopia retroarch fceux mame
help a blind user with the screen: orca brltty espeakup
speak text aloud: espeak espeak-ng festival flite
look up what an english word means: dict wordnet gnome-dictionary goldendict stardict artha
read comic books: mcomix qcomicbook
read novels on a small device: calibre fbreader foliate
make a family tree: gramps ancestris
follow news sites: liferea newsboat akregator rssguard
download big files in pieces from many people: transmission-gtk qbittorrent deluge ktorrent rtorrent aria2
plan my day: gnome-calendar korganizer orage calcurse remind taskwarrior gtg
rename lots of files at once: krename gprename thunar rename mmv renameutils
shrink images for the web: optipng jpegoptim pngquant imagemagick trimage gifsicle
""".strip().splitlines()]

# Die Texte des Fensters, nach dem Ort geordnet, an dem sie stehen. Auf Knöpfen ist wenig Platz.

## Wörter an mehreren Orten

open = Öffnen…
open-tip = Eine Bilddatei öffnen (O)
paste = Einfügen
paste-tip = Aus der Zwischenablage (Strg V)
cancel = Abbrechen
close = Schließen
close-tip = Schließen (Esc)
undo = Zurück
put-back = Zurücklegen
save = Speichern
rename = Umbenennen
copy-commands = Befehle kopieren
key-ctrl = Strg { $key }
key-space = Leertaste
key-enter = Eingabe
pasted-name = Eingefügtes Bild
pasted-opening = das eingefügte Bild
untitled = Porträt
file-saved = { $file } ist gespeichert
megabytes = { $number } MB
kilobytes = { $number } kB

## Namen, die das Programm vergibt

portrait-garden = Strohhut am Mittag
portrait-lady = Dame in Umbra
portrait-dutch = Die rote Kappe
portrait-chalk = Der alte Lotse
performance-talk = Reden
performance-laugh = Lachen
performance-doubt = Zweifeln
performance-look-around = Umschauen
reader-face = Gesichtsleser
preset-natural = Natürlich
preset-natural-tip = Alles so, wie du es machst
preset-lively = Lebhaft
preset-lively-tip = Von allem etwas mehr, für alle, die still sitzen
preset-theatre = Theater
preset-theatre-tip = Große Gesten, die man bis zur letzten Reihe sieht
preset-eyes = Nur Augen
preset-eyes-tip = Der Kopf bleibt still, die Augen folgen dir

## Das Sprachmenü

language = Sprache
language-system = Wie das System: { $name }
language-japanese = Japanisch
language-chinese = Chinesisch (vereinfacht)
language-no-font = Für diese Sprache ist keine Schrift installiert. Installiere eine, zum Beispiel Noto Sans CJK, und starte Retrato neu
language-no-font-start = Für { $language } ist keine Schrift installiert, darum spricht das Fenster Englisch. Installiere eine, zum Beispiel Noto Sans CJK, und starte Retrato neu

## Die Bühne ohne Porträt

empty-title = Zieh ein Porträt hierher
empty-note = Gemälde, Foto oder Zeichnung: alles mit einem Gesicht. Es schaut, spricht und blinzelt wie du.
empty-no-drop = In einer Wayland-Sitzung lassen sich noch keine Dateien hierher ziehen: Nimm Öffnen oder Einfügen.
empty-try = oder probier eines von diesen
drop-portrait = Loslassen, und es wird lebendig
drop-driver = Loslassen, und es bewegt das Porträt
drop-neither = Das ist weder Bild noch Clip
drop-more = { $list } und { $count } weitere

## Die Bühne mit Porträt

stage-portrait = Porträt: { $name }
stage-caption-drop = { $name }  ·  zieh dein eigenes Porträt hierher
stage-caption-open = { $name }  ·  O öffnet dein eigenes Porträt
stage-opening = { $name } wird geöffnet …
stage-clipboard = Zwischenablage wird gelesen …
stage-replay = Wiedergabe
stage-show-panel = Seitenleiste zeigen (P)
no-face = Kein Gesicht: Schau in die Kamera
no-face-clip = Hier ist im Clip kein Gesicht zu sehen
driver-stalled-pill = { $name } schickt seit { $seconds } s nichts: Prüf das Kabel
countdown-label = Aufnahme in { $number }, Esc bricht ab
countdown-cancel = Esc bricht ab

## Das Bild des Vorbilds auf der Bühne

inset-label = Kamerabild: { $seen }
inset-face = Gesicht gefunden
inset-lids = Lider
inset-mouth = Mund
inset-brows = Brauen
inset-hide = Kamerabild verbergen (C)
inset-show = Kamerabild zeigen (C)
sight-loading = Gesichtsleser lädt noch
sight-dark = Zu dunkel: Mach Licht an
sight-turned = Schau in die Kamera
sight-small = Zu klein: Komm näher
sight-gone = Komm zurück ins Bild
sight-unknown = Kein Gesicht zu sehen

## Ausschnitt

framing-tip = Was vom Bild gezeigt und aufgenommen wird
framing-head = Kopf
framing-bust = Kopf und Schultern
framing-whole = Ganzes Bild
framing-note = Von Hand: Das Mausrad geht näher heran, Ziehen verschiebt, ein Doppelklick zeigt wieder alles. Aufnahmen, Fotos und die virtuelle Kamera zeigen denselben Ausschnitt.
panes-alone = Nur das lebende Porträt aufnehmen
panes-before-after = Vorher und nachher aufnehmen
panes-triptych = Dich, das Bild und das lebende aufnehmen
panes-triptych-note = In Aufnahmen bist auch du zu sehen.
mark = Aufnahmen und Fotos kennzeichnen
mark-tip = Das Wort SYNTHETIC in der Ecke jedes Bildes
background = Hintergrund
background-own = Der eigene Hintergrund des Bildes
background-blurred = Unscharfer Hintergrund
background-green = Grün, zum Freistellen
background-transparent = Durchsichtig, für Fotos
background-transparent-note = Aufnahmen und die virtuelle Kamera kennen keine Durchsichtigkeit: Wähle für sie Grün.
background-colour = Hintergrund { $colour }
background-other = Eine andere Farbe
background-number = Nummer der Farbe
background-no-film = Eine Aufnahme kennt keine Durchsichtigkeit. Wähle Grün und stelle später frei; Fotos bleiben durchsichtig.
output = Ausgabefenster
output-tip = Das Porträt allein in einem eigenen Fenster, für OBS oder einen Beamer: F11 füllt den Bildschirm, Esc schließt es (W)

## Wo ist das Gesicht?

face-number = Gesicht { $number }
face-box = Rahmen um das Gesicht: Ziehen zeichnet, Pfeiltasten verschieben, Plus und Minus ändern die Größe
face-which = { $count } Gesichter in { $name }: Welches soll lebendig werden?
face-none = In { $name } ist kein Gesicht zu finden. Zieh einen Rahmen darum, von den Brauen bis zum Kinn.
face-draw = Zieh einen Rahmen um das Gesicht, von den Brauen bis zum Kinn.
face-use-box = Rahmen nehmen
face-use = Dieses nehmen
face-draw-instead = Rahmen ziehen
face-draw-instead-tip = Keines davon ist das richtige
face-keep-largest = Das größte Gesicht behalten (Esc)
face-do-not-open = Dieses Bild nicht öffnen (Esc)

## Die Galerie

gallery-all = Alle Porträts
gallery-all-count = Alle { $count }
gallery-all-tip = Alle Porträts: deine und die mitgelieferten (G)
gallery-portrait-missing = Porträt: { $name }, die Datei fehlt
gallery-remove = { $name } entfernen
sheet-title = Porträts
sheet-close = Porträts schließen (Esc)
sheet-own = Deine, die neuesten zuerst
sheet-own-none = Porträts, die du öffnest, bleiben hier, mit ihrem Gesicht, ihrer Bewegung und ihren weiteren Bildern.
sheet-built-in = Bringt Retrato mit
sheet-missing = Die Datei ist nicht da
sheet-missing-tip = { $file } ist nicht mehr da. Bring die Datei zurück und klick hier, oder nimm das Porträt von der Liste
sheet-keep = { $name } vorne behalten
sheet-keep-not = { $name } nicht mehr vorne behalten
sheet-other-face = Ein anderes Gesicht in { $name } wählen
sheet-take-off = { $name } von der Liste nehmen
sheet-taken-off = „{ $name }“ ist nicht mehr auf der Liste

## Die Leiste: Kopf, Porträt

panel-hide = Seitenleiste verbergen (P)
panel-help = Hilfe und Tasten (F1)
portrait = Porträt
portrait-open-tip = Ein Porträt öffnen (O)
further-add = Noch ein Bild der Person…
further-add-short = Mehr…
further-tip = Was dieses Bild nicht zeigt, etwa Zähne oder geschlossene Augen, kommt aus einem anderen Bild derselben Person (A)
further-none = Ohne seine Netze entsteht das Porträt aus einem Bild allein
further-count = { $count } Bilder dieser Person
likeness-improve = Ähnlichkeit verbessern
likeness-improve-tip = Lernt alle Bilder der Person, in einer halben bis zwei Minuten; Augen und Mund brauchen mehrere
likeness-learning = Lernt: { $percent } %
likeness-cancel-tip = Nicht weiter lernen: Das Porträt bleibt, wie es war
likeness-undo-tip = Vergessen, was aus diesen Bildern gelernt wurde
likeness-improved = Ähnlichkeit verbessert
likeness-improved-tip = Die Bilder der Person sind gelernt, auch für das nächste Mal

## Die Leiste: was das Porträt bewegt

driver = Bewegt von
driver-read-by = Gelesen von
driver-reader = Leser
driver-reader-tip = Was dein Gesicht liest
driver-reader-best = Den besten nehmen
driver-reader-best-tip = Der Gesichtsleser mit jeder kleinen Bewegung; dlib, wo er fehlt oder kein Gesicht sieht
driver-reader-dlib = Nur dlib
driver-reader-dlib-tip = 68 Punkte: zum Vergleich, und für Gesichter, die der Gesichtsleser falsch liest
driver-camera = Kamera
driver-camera-tip = Die Kamera, die dein Gesicht sieht
driver-cameras-looking = Kameras werden gesucht …
driver-cameras-none = Keine Kamera gefunden
driver-cameras-choose = Kamera wählen
driver-cameras-plug = Steck eine an, dann drück den Pfeil
camera-looking = Wird angesehen …
camera-drives = Bewegt gerade das Porträt
camera-busy = Ein anderes Programm nutzt sie
camera-forbidden = Dieses Programm darf sie nicht nutzen
camera-fails = Kein Bild
camera-formats = { $size }, { $rate } fps
camera-formats-most = { $size }, { $rate } fps, bis { $most }
camera-busy-tip = Schließe das andere Programm oder wähle eine andere Kamera
camera-forbidden-tip = Erlaube diesem Programm Kameras, in den Einstellungen des Systems; unter Linux muss dein Benutzer in der Gruppe video sein
driver-cameras-again = Noch einmal Kameras suchen
driver-performance-tip = Eine gespeicherte Darbietung: Bewegung ohne Bilder
driver-clip = Clip…
driver-clip-tip = Ein Video oder eine gespeicherte Darbietung
driver-it = Das
driver-the-camera = Die Kamera
driver-nothing = Noch bewegt nichts das Porträt
driver-running = { $name }, { $rate } fps
driver-stalled = { $name } schickt seit { $seconds } s nichts. Prüf das Kabel
driver-ended = { $name } ist zu Ende
driver-failed = { $name } geht nicht. Lass etwas anderes das Porträt bewegen

## Die Leiste: wie ein Clip läuft

play = Abspielen
pause = Anhalten
play-place = Stelle im Film
play-waits = Es fängt an, sobald ein Porträt da ist.
play-again = Fängt am Ende wieder an
play-once = Hört am Ende auf
play-speed = Tempo des Clips
play-speed-tip = Wie schnell er läuft
speed-quarter = Viertel
speed-half = Halb so schnell
speed-own = Normal
speed-more = Anderthalbfach
speed-double = Doppelt
play-neutral = Hier neutral
play-neutral-tip = Halt an, wo das Gesicht entspannt geradeaus schaut, dann drück: Alle Bewegung wird ab diesem Bild gemessen

## Die Leiste: Bewegung

motion = Bewegung
motion-undo = Rückgängig (Strg Z)
motion-redo = Wiederholen (Strg Y)
motion-neutral = Neutrales Gesicht
motion-neutral-tip = Schau entspannt geradeaus, dann drück: Alle Bewegung wird von da aus gemessen
motion-neutral-not = Öffne zuerst ein Porträt
motion-own-tip = Deine. Ein Rechtsklick kann sie entfernen
motion-own-set-tip = Deine. Noch ein Klick kann sie entfernen
motion-remove = { $name } entfernen
motion-save = Merken…
motion-save-tip = Diese Bewegung unter einem Namen behalten oder deine gewählte umbenennen
motion-name = Name dieser Bewegung
motion-head = Kopf
motion-head-tip = Wie weit sich der Kopf dreht, nickt und neigt
motion-eyes = Augen
motion-eyes-tip = Blinzeln, zusammengekniffene und große Augen
motion-gaze = Blick
motion-gaze-tip = Wie weit die Augen umherschauen
motion-brows = Brauen
motion-brows-tip = Wie weit die Brauen sich heben und zusammenziehen
motion-mouth = Mund
motion-mouth-tip = Wie weit sich Lippen und Kiefer bewegen
motion-smoothing = Glättung
motion-smoothing-tip = Mehr ist ruhiger und kommt etwas später
motion-mirror = Spiegeln
motion-mirror-tip = Das Porträt bewegt sich wie dein Spiegelbild (M)
slider-back = Doppelklick: zurück auf { $percent } %
slider-number = { $label } in Prozent
slider-number-tip = Klick, um eine Zahl einzugeben

## Die Leiste: was man selten braucht

more = Mehr
more-tip = Weitere Bilder der Person, der Hintergrund, die virtuelle Kamera, Tempo
virtual-camera = Virtuelle Kamera
virtual-camera-tip = Andere Programme, etwa für Videoanrufe, können das Porträt als Kamera wählen
virtual-camera-opening = Gerät wird geöffnet …
virtual-camera-choose = Wähl in anderen Programmen die Kamera { $name }
virtual-camera-commands-tip = Füg sie in ein Terminal ein
speed = Tempo
speed-unknown = noch unbekannt
speed-tip = Was die Bilder macht
speed-recording = Beende die Aufnahme, um das zu ändern
speed-auto = Automatisch
speed-auto-tip = Die Grafikkarte, wo sie schneller ist
speed-cpu = CPU
speed-cpu-tip = Der Hauptprozessor
speed-gpu = GPU
speed-gpu-tip = Die Grafikkarte, auch eine aus Software
speed-now = Jetzt: { $why }.
speed-no-networks = Für dieses Porträt laufen die Netze nicht: { $why }.
speed-broken = Die Grafikkarte kann nicht weiter ({ $why }), darum macht die CPU die Bilder
foot-idle = wartet
foot-speed = { $rate } fps · { $ms } ms
foot-speed-tip = Bilder pro Sekunde, und die Zeit vom Kamerabild bis zu seinem Bild
foot-camera = Virtuelle Kamera an
foot-camera-tip = Andere Programme können das Porträt sehen. Der Schalter ist unter Mehr

## Die Leiste: Aufnahme

record = Aufnehmen
record-tip = Das Porträt aufnehmen (R)
record-not = Aufnehmen geht, wenn ein Porträt offen ist und eine Kamera oder ein Clip es bewegt
record-stop = Stopp   { $time }
record-stop-label = Aufnahme beenden
record-stop-tip = Beenden und die Aufnahme behalten (R)
record-saving = Speichern   { $percent } %
boomerang = Bumerang
boomerang-tip = Drei Sekunden, vor und zurück (B)
countdown = Countdown
countdown-on = Aufnahmen beginnen nach 3, 2, 1. Drück, um sofort zu beginnen
countdown-with-camera = Mit einer Kamera beginnen Aufnahmen nach 3, 2, 1, mit einem Clip sofort. Drück, um immer zu zählen
countdown-off = Aufnahmen beginnen sofort. Drück, um vorher 3, 2, 1 zu zählen
snapshot = Foto
snapshot-tip = Dieses Bild als PNG behalten (S)
sound-on = Ton an
sound-off = Ton aus
sound-tip = Mit dem Mikrofon oder dem Ton des Clips aufnehmen
microphone = Mikrofon
microphone-system = Mikrofon des Systems
microphone-level = Mikrofonpegel { $percent } %
record-earlier = Frühere Aufnahmen (L)
record-copy-path = Pfad der letzten Datei kopieren
record-show = Die letzte Datei in ihrem Ordner zeigen
record-slow = { $count ->
    [one] Nur { $count } Bild pro Sekunde
   *[other] Nur { $count } Bilder pro Sekunde
}
record-slow-tip = Dieser Rechner ist zu langsam für einen flüssigen Film. Schließ andere Programme oder nimm ein kleineres Bild
record-slow-note = { $few }: Dieser Rechner war zu langsam für einen flüssigen Film. Schließ andere Programme oder nimm ein kleineres Bild.
record-lost = { $count ->
    [one] { $count } Bild verloren
   *[other] { $count } Bilder verloren
}
record-lost-tip = Dieser Rechner war zu langsam dafür
record-saved = Gespeichert: { $name }
record-saved-in = Gespeichert in { $folder }

## Die Karte einer Aufnahme, ihre Wiedergabe, die Liste

film-play = { $name } abspielen
film-sound = mit Ton
film-silent = stumm
film-replay = Abspielen
film-replay-tip = Hier abspielen, mit Ton
film-trim = Kürzen
film-trim-tip = Anfang und Ende wählen
film-copy = Die Datei kopieren, um sie in eine Nachricht oder einen Ordner einzufügen
film-show = Im Ordner zeigen
film-trash = In den Papierkorb legen
film-save-as = Speichern als
film-save-as-tip = Eine neue Datei; diese bleibt
film-gif = GIF
film-gif-guessing = GIF (Größe wird ermittelt)
film-gif-about = GIF, etwa { $size }
film-whole = Film, ganzes Bild (MP4)
film-square = Film, quadratisch (MP4)
film-tall = Film, hoch fürs Handy (MP4)
film-back = Film, vor und zurück (MP4)
film-still = Einzelbild, das gezeigte (PNG)
film-of-part = Von dem Teil, den du gewählt hast.
film-name = Neuer Name
film-keep-name = Namen behalten
film-part = { $from } – { $to }   ({ $seconds } s)
film-part-begin = Anfang des Teils
film-part-end = Ende des Teils
film-part-at = { $end }: { $time }
film-done = Fertig
film-save-again = Neu speichern
film-save-again-tip = Eine neue Datei von diesem Teil; die Aufnahme bleibt, wie sie ist
film-volume = Lautstärke
film-end-replay = Wiedergabe beenden (Esc)
film-no-sound = Ohne Ton: { $why }.
film-making-whole = Film wird gespeichert
film-making-square = Quadratischer Film
film-making-tall = Hoher Film
film-making-gif = GIF wird gespeichert
film-making-still = Bild wird gespeichert
film-making-back = Vor und zurück
film-making = { $what }   { $percent } %
film-cancelled = Abgebrochen; nichts wurde geschrieben
film-no-part = Zwischen diesen beiden Enden liegt kein Bild; zieh sie auseinander
film-no-film = { $file } ist kein Film
film-too-long = Nur Filme bis { $seconds } Sekunden können vor und zurück laufen; kürz ihn erst
film-bad-name = So kann keine Datei heißen; nimm Buchstaben, Ziffern und Leerzeichen
film-name-taken = Eine Datei namens { $name } gibt es schon; nimm einen anderen Namen
films-title = Aufnahmen
films-in = in { $folder }
films-looking = Wird gesucht …
films-none = Noch ist nichts aufgenommen. Drück Aufnehmen, dann erscheint hier, was du machst.
films-one = Aufnahme: { $name }
age-now = gerade eben
age-minutes = { $count ->
    [one] vor { $count } Minute
   *[other] vor { $count } Minuten
}
age-hours = { $count ->
    [one] vor { $count } Stunde
   *[other] vor { $count } Stunden
}
age-days = { $count ->
    [one] vor { $count } Tag
   *[other] vor { $count } Tagen
}
age-months = { $count ->
    [one] vor { $count } Monat
   *[other] vor { $count } Monaten
}

## Hilfe, Über, Fragen

help-title = Tasten
help-open = Porträt öffnen; gehalten: das Original sehen
help-gallery = Alle Porträts
help-further = Noch ein Bild der Person
help-paste = Bild oder Pfad einfügen
help-digits = Porträts der Galerie, oder das Gesicht
help-enter = Das markierte Gesicht nehmen
help-space = Neutrales Gesicht setzen
help-mirror = Spiegeln
help-undo = Änderung der Bewegung rückgängig
help-redo = Wiederholen
help-inset = Kamerabild
help-record = Aufnehmen, beenden
help-boomerang = Bumerang von drei Sekunden
help-snapshot = Foto
help-panel = Seitenleiste
help-list = Frühere Aufnahmen
help-output = Ausgabefenster
help-alone = Nur das Bild
help-tab = Nächstes Bedienelement
help-help = Diese Hilfe
help-escape = Schließen, was oben liegt
help-know = Gut zu wissen
help-consent = Beweg nur Menschen, die einverstanden sind oder lange tot. Jeder Film und jedes Foto ist als künstlich gekennzeichnet, damit niemand es für die echte Person hält.
help-private = Nichts verlässt diesen Rechner: kein Konto, kein Netz.
help-about = Über Retrato
help-about-tip = Version, Lizenzen, woraus es gelernt hat
about-what = Macht ein Porträt mit deinem eigenen Gesicht lebendig, nur auf diesem Rechner: kein Konto, kein Netz.
about-licences = Lizenzen
about-licences-text = Retrato ist frei: Du kannst es unter der MIT-Lizenz oder der Apache-Lizenz 2.0 nutzen, wie du willst. Die Datei NOTICE nennt, was andere gemacht haben.
about-learnt = Woraus es gelernt hat
about-learnt-text = Retratos eigene Netze haben nur von künstlichen Köpfen gelernt: von Menschen, die es nicht gibt, vom Programm gemacht aus dem öffentlichen Kopfmodell ICT-FaceKit. Kein Foto von irgendwem war dabei. Gesichter lesen Modelle, die andere trainiert haben: MediaPipes Face Landmarker, und dlibs Punkte, wo der fehlt.
about-wrong = Wenn etwas schiefgeht
about-log = Das Protokoll liegt in { $path }
about-copy-log = Protokollpfad kopieren
about-copy-log-tip = Für eine Nachricht an die, die es reparieren
recovery-title = { $count ->
    [one] Eine unterbrochene Aufnahme ist da
   *[other] Unterbrochene Aufnahmen sind da
}
recovery-file = { $name } ({ $size })
recovery-text = Retrato wurde beim Aufnehmen nicht richtig beendet. Was bis dahin aufgenommen wurde, lässt sich retten.
recovery-recover = Retten
recovery-later = Später
path-portrait = Porträt öffnen
path-further = Noch ein Bild der Person
path-driver = Clip oder Darbietung öffnen
path-where-picture = Hier gibt es keinen Dateidialog. Wo ist das Bild?
path-where-file = Hier gibt es keinen Dateidialog. Wo ist die Datei?
path-hint = /ordner/datei
path-label = Pfad der Datei
path-open = Öffnen
path-none = So eine Datei gibt es nicht.
dialog-pictures = Bilder
dialog-clips = Clips und Darbietungen
dialog-all = Alle Dateien

## Meldungen

dismiss = Meldung wegräumen
said-copied = Es ist in der Zwischenablage
said-path-copied = Der Pfad ist in der Zwischenablage
said-no-dialog = Der Dateidialog geht nicht auf: { $why }
said-neither = { $name } ist weder Bild noch Clip. Zieh ein JPEG, PNG oder WebP hierher, das lebendig werden soll, oder ein MP4, das bewegt
said-one-driver = Nur eines kann bewegen: { $name } wird genommen
said-other-name = Nimm einen anderen Namen: Dieser ist leer oder gehört dem Programm
said-no-room = Für weitere Vorlagen ist kein Platz. Entfern erst eine
said-neutral = Das ist jetzt dein neutrales Gesicht
said-likeness-better = Die Ähnlichkeit ist besser: { $percent } % näher an den Bildern
said-likeness-same = Die Ähnlichkeit ließ sich nicht verbessern; nichts wurde geändert
said-recorded = { $file } ist gespeichert ({ $seconds } s)
said-virtual-camera = Andere Programme können jetzt die Kamera { $name } wählen
said-virtual-camera-commands = Die virtuelle Kamera braucht ein Gerät, das ein paar Befehle anlegen. Mehr dazu steht unter Mehr
said-executor-now = Jetzt: { $why }
said-executor-not = Die GPU wird nicht benutzt: { $why }
said-executor-broken = Die Grafikkarte kann nicht weiter ({ $why }). Retrato macht mit der CPU weiter.
said-networks-broken = Die Netze können nicht weiter ({ $why }). Dieses Porträt wird ohne sie bewegt, weniger gut; beim nächsten versuchen sie es wieder.
said-recovered = { $file } ist gerettet
said-clipboard = Die Zwischenablage lässt sich nicht lesen: { $why }
said-clipboard-empty = Das Bild in der Zwischenablage ist leer. Kopier es noch einmal
said-clipboard-text = In der Zwischenablage ist Text, kein Bild. Kopier erst ein Bild oder seinen Pfad
said-clipboard-nothing = In der Zwischenablage ist kein Bild. Kopier erst eines oder seinen Pfad
said-passing = Beim nächsten Start ist das Bild nicht mehr da: { $why }
said-replaced = Ein neues Porträt steht an der Stelle des alten. Zeigen beide dieselbe Person?
said-replaced-by = „{ $by }“ steht an der Stelle von „{ $before }“. Zeigen beide dieselbe Person?
said-use-both = Beide Bilder nehmen
said-one-portrait = Ein Porträt zur Zeit: Die anderen warten in der Galerie
said-one-person = Alle dieselbe Person
said-portrait-first = Öffne erst ein Porträt der Person, dann nimm weitere Bilder dazu
said-made-from = Jetzt aus { $count } Bildern dieser Person gemacht
said-film-copied = { $file } ist in der Zwischenablage
said-film-path = Hier nimmt die Zwischenablage keine Dateien, darum ist der Pfad darin
said-no-file-manager = Hier meldet sich kein Dateimanager, darum ist der Pfad in der Zwischenablage
said-trashed = { $file } ist im Papierkorb
said-put-back = { $file } liegt wieder in seinem Ordner

## Ärger: Was das Programm über Dateien und Geräte sagt, kommt auf Englisch

trouble-driver = Das kann das Porträt nicht bewegen. { $why }
trouble-portrait = Das Bild geht nicht auf. { $why }
trouble-background = Der Hintergrund bleibt, wie er ist: { $why }
trouble-recording = Die Aufnahme ist fehlgeschlagen. { $why }
trouble-snapshot = Das Foto ist fehlgeschlagen. { $why }
trouble-recovery = Die Aufnahme ließ sich nicht retten. { $why }
trouble-likeness = Das Lernen ist fehlgeschlagen. { $why }
trouble-virtual-camera = Die virtuelle Kamera geht nicht. { $why }
trouble-film = Das ging nicht. { $why }
trouble-portraits = Deine Porträts machen Ärger. { $why }
trouble-settings = Ein Hinweis zu den Einstellungen. { $why }
trouble = Ein Hinweis. { $why }
